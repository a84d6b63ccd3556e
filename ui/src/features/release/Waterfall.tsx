import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { duration } from "../../design/time";
import type { Release } from "./release";
import styles from "./release.module.css";
import { onAxis, type Piece, timeAxis, type WaterfallRow, waterfall } from "./waterfall";

type Props = { pipeline: string; release: Release; selected: string | undefined; attempt: number | undefined };

/** What ran when: a thin line while it waited, a bar while it ran. Hours in which nothing ran are breaks in the axis. */
export function Waterfall({ pipeline, release, selected, attempt }: Props) {
  const now = useNow();
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const rows = useMemo(() => waterfall(release, opened, selected), [release, opened, selected]);
  const moment = release.state === "moving" ? now : 0;
  const axis = useMemo(() => timeAxis(release, moment), [release, moment]);
  return (
    <div className={styles.steps}>
      <div className={styles.axis}>
        <span>Job</span>
        <Ticks axis={axis} />
      </div>
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            {row.kind === "wave" ? (
              <button
                type="button"
                className={`${styles.row} ${styles.wave}`}
                aria-expanded={row.open}
                onClick={() => setOpened((before) => new Map(before).set(row.id, !row.open))}
              >
                <Cells row={row} axis={axis} now={now} />
              </button>
            ) : (
              <Link
                to="/p/$pipeline/releases/$number"
                params={{ pipeline, number: release.number }}
                search={(before) => {
                  const { attempt: _, node: __, ...rest } = before as Record<string, unknown>;
                  return { ...rest, node: row.node, ...(row.attempt === undefined ? {} : { attempt: row.attempt }) } as never;
                }}
                className={styles.row}
                aria-current={isCurrent(row, selected, attempt, rows) ? "true" : undefined}
                replace
              >
                <Cells row={row} axis={axis} now={now} />
              </Link>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function isCurrent(row: WaterfallRow, selected: string | undefined, attempt: number | undefined, rows: readonly WaterfallRow[]): boolean {
  if (row.node !== selected) return false;
  if (row.kind === "attempt") return row.attempt === attempt;
  return !rows.some((other) => other.kind === "attempt" && other.node === selected);
}

function Cells({ row, axis, now }: { row: WaterfallRow; axis: readonly Piece[]; now: number }) {
  return (
    <>
      <span className={styles.name} style={{ paddingLeft: row.depth * 14 }}>
        {row.kind === "wave" && (
          <span className={row.open ? styles.opened : styles.closed}>
            <Glyph name="next" size={10} />
          </span>
        )}
        <span className={`c-${row.look.tone}`} title={row.look.word}>
          <Glyph name={row.look.glyph} size={14} />
        </span>
        <span className="cut" title={row.hint}>
          {row.name}
        </span>
        <span className="visually-hidden">, {row.look.word}</span>
        {row.kind === "wave" && !row.open && row.count !== undefined && row.count > 0 && <span className="c-3 num">{row.count}</span>}
      </span>
      <Bar row={row} axis={axis} now={now} />
    </>
  );
}

function Bar({ row, axis, now }: { row: WaterfallRow; axis: readonly Piece[]; now: number }) {
  const { span } = row;
  if (span === null)
    return (
      <span className={styles.track}>
        <span className={`${styles.note} cut`} title={row.note}>
          {row.note}
        </span>
      </span>
    );
  const end = span.ended ?? now;
  const queued = onAxis(axis, span.queued) * 100;
  const started = onAxis(axis, span.started ?? end) * 100;
  const ended = onAxis(axis, end) * 100;
  const label = span.started === null ? `${row.note || "waits"} ${duration(end - span.queued)}` : duration(end - span.started);
  // After the bar, else before it; where the bar takes all of the room, on its end.
  const place = ended <= 72 ? "after" : queued >= 34 ? "before" : "on";
  const at = {
    after: { left: `calc(${ended}% + 6px)` },
    before: { right: `calc(${100 - queued}% + 5px)` },
    on: { right: 0 },
  }[place];
  return (
    <span className={styles.track}>
      {started > queued && <span className={styles.queue} style={{ left: `${queued}%`, width: `${started - queued}%` }} />}
      {span.started !== null && (
        <span
          className={`${styles.bar} ${styles[span.kind]} ${styles[row.look.tone]}`}
          style={{ left: `${started}%`, width: `max(3px, ${ended - started}%)` }}
        />
      )}
      <span
        className={`num ${styles.length} ${place === "on" ? styles.on : ""} ${span.started === null ? "cut" : ""}`}
        style={at}
        title={row.note}
      >
        {label}
      </span>
    </span>
  );
}

function Ticks({ axis }: { axis: readonly Piece[] }) {
  const first = axis[0];
  const last = axis.at(-1);
  if (first === undefined || last === undefined) return <span />;
  return (
    <span className={`num ${styles.ticks}`}>
      <span style={{ left: 0 }}>0</span>
      {axis
        .filter((piece) => piece.isBreak)
        .map((piece) => (
          <span
            key={piece.from}
            className={styles.break}
            style={{ left: `${piece.left * 100}%`, width: `${(piece.right - piece.left) * 100}%` }}
            title={`${duration(piece.to - piece.from)} in which nothing ran`}
          >
            ⋯
          </span>
        ))}
      <span className={styles.last}>{duration(last.to - first.from)}</span>
    </span>
  );
}
