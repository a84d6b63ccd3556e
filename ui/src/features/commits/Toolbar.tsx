import type { RefObject } from "react";
import { Button } from "../../design/Button";
import { Glyph } from "../../design/glyphs";
import { SearchBox } from "../../design/SearchBox";
import styles from "./Commits.module.css";
import { commits } from "./gate";
import { type Density, LEVELS, type Level } from "./layout";
import type { Change } from "./rows";
import { type Change as Choice, isOnly, toggleOnly, type ViewState } from "./view-state";

const levelNames: Record<Level, string> = { stages: "Stages", waves: "Waves", targets: "Targets" };

export function Toolbar({
  state,
  level,
  density,
  changes,
  targets,
  found,
  search,
  onChoose,
  onFind,
}: {
  state: ViewState;
  /** As drawn, chosen or not. */
  level: Level;
  density: Density;
  changes: readonly Change[];
  targets: number;
  /** How many commits the filter leaves; undefined without a filter. */
  found: number | undefined;
  search: RefObject<HTMLInputElement | null>;
  onChoose: (change: Choice) => void;
  onFind: (direction: 1 | -1) => void;
}) {
  const isTable = state.view === "table";
  return (
    <div className={styles.tools} role="group" aria-label="What is shown">
      <Segments
        label="Detail"
        options={LEVELS.map((each) => ({ value: each, text: levelNames[each] }))}
        value={level}
        onChange={(each) => onChoose({ level: state.level === each ? undefined : each })}
        isOff={isTable}
      />
      <Segments
        label="Density"
        options={[
          { value: "comfortable", text: "Comfortable" },
          { value: "dense", text: "Dense" },
        ]}
        value={density}
        onChange={(each) => onChoose({ density: each })}
        isOff={isTable}
      />
      <Button look="soft" aria-pressed={isOnly(state, "mine")} onClick={() => onChoose({ only: toggleOnly(state, "mine") })}>
        My commits
      </Button>
      <Choose
        label="Author"
        all="Any author"
        value={state.author}
        options={[...new Set(changes.map((change) => change.author))].sort((one, other) => one.localeCompare(other))}
        onChange={(author) => onChoose({ author })}
      />
      {new Set(changes.map((change) => change.source)).size > 1 && (
        <Choose
          label="Source"
          all="Any source"
          value={state.source}
          options={[...new Set(changes.map((change) => change.source))]}
          onChange={(source) => onChoose({ source })}
        />
      )}
      <Button look="soft" aria-pressed={isOnly(state, "blocked")} onClick={() => onChoose({ only: toggleOnly(state, "blocked") })}>
        Only held
      </Button>
      <SearchBox
        box={search}
        label="Find a commit by sha, title or author"
        placeholder="Sha or words"
        width_px={112}
        value={state.q ?? ""}
        onChange={(q) => onChoose({ q })}
        onKeyDown={(event) => {
          if (event.key === "Enter") onFind(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape") {
            onChoose({ q: undefined });
            event.currentTarget.blur();
          }
        }}
      />
      <span className="grow" />
      <span className={`num ${styles.count}`} role="status">
        {found === undefined ? `${targets} targets · ${commits(changes.length)}` : `${found} of ${commits(changes.length)}`}
      </span>
      <Button aria-pressed={state.from !== undefined} onClick={() => onChoose(compareChoice(state))}>
        <Glyph name="compare" size={14} />
        Compare
      </Button>
      <Button aria-pressed={isTable} onClick={() => onChoose({ view: isTable ? undefined : "table" })}>
        <Glyph name="list" size={14} />
        Table
      </Button>
    </div>
  );
}

/** Opens the comparison without places yet, or closes it. */
function compareChoice(state: ViewState): Choice {
  return state.from === undefined && state.to === undefined ? { from: "?", to: undefined } : { from: undefined, to: undefined };
}

function Segments<Value extends string>({
  label,
  options,
  value,
  onChange,
  isOff,
}: {
  label: string;
  options: readonly { value: Value; text: string }[];
  value: Value;
  onChange: (value: Value) => void;
  isOff: boolean;
}) {
  return (
    <div className={styles.segments} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          disabled={isOff}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

function Choose({
  label,
  all,
  value,
  options,
  name = (option) => option,
  onChange,
}: {
  label: string;
  all: string;
  value: string | undefined;
  options: readonly string[];
  name?: (option: string) => string;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <select
      className={styles.select}
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {name(option)}
        </option>
      ))}
    </select>
  );
}
