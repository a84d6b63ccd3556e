import { memo } from "react";
import { Glyph } from "../../design/glyphs";
import styles from "./Commits.module.css";
import { glyphOf, toneOf } from "./gate";
import { type Heading, type Layout, shortName, shortWave } from "./layout";

const GATE_FROM_PX = 14;
const TEXT_FROM_PX = 13;
const NAME_FROM_PX = 40;

/** The names above the columns. A click with Shift on two of them compares them; the panel has the same for the keyboard. */
export const Headings = memo(function Headings({
  layout,
  height,
  marked,
  onMark,
}: {
  layout: Layout;
  height: number;
  marked: readonly string[];
  onMark: (place: string, withShift: boolean) => void;
}) {
  return (
    <div className={styles.headings} style={{ width: layout.width, height }} aria-hidden="true">
      {layout.stages.map((heading) => (
        <HeadingView key={heading.key} heading={heading} kind="stage" marked={marked} onMark={onMark} />
      ))}
      {layout.waves
        .filter((heading) => heading.room > TEXT_FROM_PX)
        .map((heading) => (
          <HeadingView key={heading.key} heading={heading} kind="wave" marked={marked} onMark={onMark} />
        ))}
      {layout.hasLabels &&
        layout.columns.map((column) =>
          column.source.kind === "target" ? (
            <span key={column.key} className={`mono ${styles.region}`} style={{ left: column.x + column.width / 2 - 8 }} title={column.key}>
              {shortName(column.source.of)}
            </span>
          ) : null,
        )}
      {layout.gates.map(
        (at) =>
          !at.isInner &&
          at.width >= GATE_FROM_PX && (
            <span
              key={at.key}
              className={`${styles.gateGlyph} c-${toneOf(at.gate) === "bad" ? "bad" : "3"}`}
              style={{ left: at.x + at.width / 2 - 6.5 }}
            >
              <Glyph name={glyphOf(at.gate)} size={at.width > 20 ? 13 : 10} />
            </span>
          ),
      )}
    </div>
  );
});

function HeadingView({
  heading,
  kind,
  marked,
  onMark,
}: {
  heading: Heading;
  kind: "stage" | "wave";
  marked: readonly string[];
  onMark: (place: string, withShift: boolean) => void;
}) {
  const isMarked = marked.includes(heading.place);
  const many = kind === "wave" && heading.count > 1 && heading.width > 84;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`${styles[kind]} ${isMarked ? styles.marked : ""}`}
      style={{
        left: heading.x,
        maxWidth: Math.max(heading.room - 3, 8),
        ...(kind === "stage" ? { width: Math.max(heading.room - 3, 8) } : {}),
      }}
      title={`${heading.place}: ${heading.count} targets. Shift-click two to compare them.`}
      onClick={(event) => onMark(heading.place, event.shiftKey)}
    >
      {kind === "stage" && <i style={{ width: Math.max(heading.width, 2) }} />}
      <span>
        {kind === "wave" && heading.room < NAME_FROM_PX ? shortWave(heading.name) : heading.name}
        {many && <small> · {heading.count} targets</small>}
      </span>
    </button>
  );
}
