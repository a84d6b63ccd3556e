import { memo, useEffect, useMemo, useRef } from "react";
import { useNow } from "../../design/clock";
import { Glyph, type GlyphName } from "../../design/glyphs";
import { shortSha } from "../../design/Sha";
import type { Tone } from "../../design/state";
import { age, full } from "../../design/time";
import styles from "./Commits.module.css";
import { commits } from "./gate";
import type { Model } from "./model";
import { everywhereText } from "./progress";
import type { Row } from "./rows";
import { type Note, noteOf, rowSentence } from "./sentence";

const AGE_STEP_MS = 10_000;

/** The commits as a listbox: one stop for Tab, arrows within, and every option a full sentence. */
export function CommitList({
  model,
  width,
  selected,
  shown,
  onSelect,
  onMove,
  onOpen,
}: {
  model: Model;
  width: number;
  /** The row on which the reader is. */
  selected: number | undefined;
  /** Rows that the filter leaves; the others are dimmed. Undefined: all. */
  shown: ReadonlySet<number> | undefined;
  onSelect: (row: number) => void;
  onMove: (move: Move) => void;
  onOpen: () => void;
}) {
  const { rows, stages, scale, reach, targets, except } = model;
  const second = useNow();
  const now = second - (second % AGE_STEP_MS);
  const list = useRef<HTMLDivElement>(null);
  const sentences = useMemo(
    () => rows.map((row, at) => rowSentence(row, stages, reach[at] ?? 0, targets, now)),
    [rows, stages, reach, targets, now],
  );
  useEffect(() => {
    if (selected === undefined) return;
    list.current?.querySelector(`#${optionId(selected)}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [selected]);
  return (
    <div
      ref={list}
      className={styles.list}
      style={{ width }}
      role="listbox"
      aria-label="Commits, newest first"
      aria-activedescendant={selected === undefined ? undefined : optionId(selected)}
      tabIndex={0}
      onKeyDown={(event) => {
        const move = moves[event.key];
        if (move !== undefined) {
          event.preventDefault();
          onMove(move);
        } else if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          onOpen();
        }
      }}
    >
      {rows.map((row, at) => (
        <RowWithDivider
          key={row.key}
          hasDivider={at === scale.everywhere}
          height={scale.divider_px}
          text={everywhereText(except)}
          count={at === scale.everywhere ? rows.slice(at).reduce((sum, each) => sum + each.changes.length, 0) : 0}
        >
          <RowView
            id={optionId(at)}
            row={row}
            height={scale.row_px}
            sentence={sentences[at] ?? ""}
            reach={targets === 0 ? "" : `${reach[at] ?? 0}/${targets}`}
            now={now}
            isSelected={at === selected}
            isDone={at >= scale.everywhere}
            isHit={shown?.has(at)}
            onSelect={onSelect}
            at={at}
          />
        </RowWithDivider>
      ))}
    </div>
  );
}

export type Move = "up" | "down" | "first" | "last" | "left" | "right";

const moves: Record<string, Move> = {
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
  ArrowLeft: "left",
  ArrowRight: "right",
};

function RowWithDivider({
  hasDivider,
  height,
  text,
  count,
  children,
}: {
  hasDivider: boolean;
  height: number;
  text: string;
  count: number;
  children: React.ReactNode;
}) {
  if (!hasDivider) return children;
  return (
    <>
      <div className={styles.divider} style={{ height }} role="presentation" aria-hidden="true">
        <span className="c-ok">
          <Glyph name="ok" size={12} />
        </span>
        <span className="cut">{text}</span>
        <span className="grow" />
        <span>{commits(count)}</span>
      </div>
      {children}
    </>
  );
}

const noteLooks: Record<Note["kind"], { glyph: GlyphName; tone: Tone }> = {
  superseded: { glyph: "superseded", tone: "idle" },
  quarantined: { glyph: "flag", tone: "bad" },
  failed: { glyph: "bad", tone: "bad" },
  cancelled: { glyph: "close", tone: "idle" },
  outdated: { glyph: "skip", tone: "idle" },
};

const RowView = memo(function RowView({
  id,
  row,
  at,
  height,
  sentence,
  reach,
  now,
  isSelected,
  isDone,
  isHit,
  onSelect,
}: {
  id: string;
  row: Row;
  at: number;
  height: number;
  sentence: string;
  reach: string;
  now: number;
  isSelected: boolean;
  isDone: boolean;
  /** What the filter says of it; undefined without a filter. */
  isHit: boolean | undefined;
  onSelect: (row: number) => void;
}) {
  const [change] = row.changes;
  const note = row.folded ? undefined : noteOf(change);
  const look = note === undefined ? undefined : noteLooks[note.kind];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox hears the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its active option
    <div
      id={id}
      role="option"
      aria-selected={isSelected}
      className={`${styles.row} ${isDone ? styles.done : ""} ${isHit === undefined ? "" : isHit ? styles.hit : styles.dim}`}
      style={{ height }}
      onClick={() => onSelect(at)}
    >
      <span className="visually-hidden">{sentence}</span>
      <span aria-hidden="true" className={`${styles.note} ${look === undefined ? "" : `c-${look.tone}`}`} title={note?.text}>
        {look && <Glyph name={look.glyph} size={11} />}
        {row.folded && <Glyph name="next" size={11} />}
      </span>
      <code aria-hidden="true" className={`mono ${styles.sha}`}>
        {shortSha(change.sha)}
      </code>
      <span aria-hidden="true" className={`cut ${styles.title}`} title={row.folded ? undefined : `${change.title}\n${change.author}`}>
        {row.folded ? `and ${commits(row.changes.length - 1)} more that came along` : change.title}
      </span>
      <span aria-hidden="true" className={`num ${styles.age}`} title={full(change.at)}>
        {age(change.at, now)}
      </span>
      <span aria-hidden="true" className={`num ${styles.reach}`}>
        {reach}
      </span>
    </div>
  );
});

function optionId(row: number): string {
  return `commit-${row}`;
}
