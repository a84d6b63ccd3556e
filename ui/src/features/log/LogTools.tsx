import type { ReactNode, RefObject } from "react";
import type { Schemas } from "../../api/client";
import { Button, buttonClass } from "../../design/Button";
import { size } from "../../design/size";
import styles from "./log.module.css";
import { rawAddress } from "./source";
import type { LogState } from "./store";

/** The line above the lines: search, jumps, and how lines are shown. */
export function LogTools({
  attempt,
  title,
  searchBox,
  q,
  count,
  hasErrors,
  folds,
  wrap,
  times,
  follow,
  copied,
  onSearch,
  onHit,
  onError,
  onCopy,
}: {
  attempt: string;
  title: ReactNode;
  searchBox: RefObject<HTMLInputElement | null>;
  q: string;
  count: string;
  hasErrors: boolean;
  /** Undefined where a log has no steps. */
  folds: { all: boolean; onToggle: () => void } | undefined;
  wrap: Switch;
  times: Switch;
  /** Undefined where nothing comes any more. */
  follow: Switch | undefined;
  copied: boolean;
  onSearch: (q: string) => void;
  onHit: (step: 1 | -1) => void;
  onError: () => void;
  onCopy: () => void;
}) {
  return (
    <div className={styles.tools}>
      <div className={styles.title}>{title}</div>
      <div className={styles.acts}>
        <div className={styles.search}>
          <input
            ref={searchBox}
            type="search"
            aria-label="Search this log"
            placeholder="Search"
            defaultValue={q}
            onChange={(event) => onSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              onHit(event.shiftKey ? -1 : 1);
            }}
          />
          <span className={`num ${styles.count}`} role="status">
            {count}
          </span>
        </div>
        <Button look="soft" small onClick={onError} disabled={!hasErrors}>
          Next error
        </Button>
        {folds && (
          <Button look="soft" small onClick={folds.onToggle}>
            {folds.all ? "Unfold" : "Fold"} steps
          </Button>
        )}
        <Toggle is={wrap}>Wrap</Toggle>
        <Toggle is={times}>Time</Toggle>
        {follow && <Toggle is={follow}>Follow</Toggle>}
        <a className={buttonClass("soft", true)} href={rawAddress(attempt)} target="_blank" rel="noreferrer">
          Raw
        </a>
        <Button look="soft" small onClick={onCopy}>
          {copied ? "Copied" : "Copy link"}
        </Button>
      </div>
    </div>
  );
}

type Switch = { on: boolean; onChange: (on: boolean) => void };

function Toggle({ is, children }: { is: Switch; children: ReactNode }) {
  return (
    <button
      type="button"
      className={`${buttonClass("soft", true)} ${is.on ? styles.pressed : ""}`}
      aria-pressed={is.on}
      onClick={() => is.onChange(!is.on)}
    >
      {children}
    </button>
  );
}

const keys: readonly (readonly [key: string, does: string])[] = [
  ["/", "search"],
  ["e", "next error"],
  ["o", "fold"],
  ["w", "wrap"],
  ["t", "times"],
  ["y", "copy link"],
];

/** The line below the lines: how much there is, and which keys help. */
export function LogFoot({ state, attempt, running }: { state: LogState; attempt: Schemas["AttemptView"]; running: boolean }) {
  return (
    <div className={`num ${styles.foot}`}>
      <span>
        {state.total.toLocaleString("en")} lines
        {attempt.log_bytes > 0 && ` · ${size(attempt.log_bytes)}`}
      </span>
      {state.phase === "paged" && <span>too long to hold here: search and errors ask the server, letter by letter</span>}
      {running && <span className="c-run">live</span>}
      <span className="grow" />
      <span className={styles.keys}>
        {keys.map(([key, does]) => (
          <span key={key}>
            <kbd>{key}</kbd> {does}
          </span>
        ))}
      </span>
    </div>
  );
}
