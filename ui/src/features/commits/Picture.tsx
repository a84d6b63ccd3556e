import { memo, useState } from "react";
import { ColumnView } from "./Column";
import { Drawing, hasSigns, type Patch } from "./drawn";
import { type Column, frontPath, type Layout } from "./layout";
import styles from "./Picture.module.css";
import type { Scale } from "./shapes";

const GRID_EVERY = 5;

/** The front. All that it shows is also in the list's sentences and in the table, so it is hidden from who reads by ear. */
export const Picture = memo(function Picture({
  layout,
  scale,
  selected,
  range,
}: {
  layout: Layout;
  scale: Scale;
  selected: number | undefined;
  /** Rows between two compared fronts. */
  range: { from: number; to: number } | undefined;
}) {
  const { width } = layout;
  const { height } = scale;
  const hasDivider = scale.everywhere < scale.index.count;
  const [drawing] = useState(() => new Drawing());
  const signed: Column[] = [];
  const plain: Column[] = [];
  for (const column of layout.columns) (hasSigns(column, scale) ? signed : plain).push(column);
  return (
    <svg className={styles.svg} width={width} height={height} aria-hidden="true" focusable="false">
      <Patterns />
      <path className={styles.grid} d={gridPath(scale, width)} />
      {range !== undefined && (
        <rect
          className={styles.range}
          x="0"
          y={scale.y(range.from)}
          width={width}
          height={Math.max(0, scale.y(range.to) - scale.y(range.from))}
        />
      )}
      {selected !== undefined && <rect className={styles.selected} x="0" y={scale.y(selected)} width={width} height={scale.row_px} />}
      {hasDivider && (
        <rect className={styles.divider} x="0" y={scale.y(scale.everywhere) - scale.divider_px} width={width} height={scale.divider_px} />
      )}
      <path
        className={styles.gutters}
        d={layout.gates.map((gate) => (gate.isInner ? "" : `M${gate.x + gate.width / 2} 0V${height}`)).join("")}
      />
      {drawing.patches(plain, scale).map((patch) => (
        <PatchView key={patch.key} patch={patch} />
      ))}
      {signed.map((column) => (
        <ColumnView key={column.key} source={column.source.of} x={column.x} width={column.width} queued={column.queued} scale={scale} />
      ))}
      <path className={styles.front} d={frontPath(layout.columns, scale)} />
      {selected !== undefined && (
        <path className={styles.selectedEdge} d={`M0 ${scale.y(selected)}H${width}M0 ${scale.y(selected) + scale.row_px}H${width}`} />
      )}
    </svg>
  );
});

function PatchView({ patch }: { patch: Patch }) {
  return patch.drawn.map(({ look, d }) => <path key={look} className={`${styles.part} ${styles[look]}`} d={d} />);
}

function gridPath(scale: Scale, width: number): string {
  const every = scale.row_px < 18 ? GRID_EVERY : 1;
  let path = "";
  for (let row = 0; row <= scale.index.count; row += every) path += `M0 ${scale.y(row)}H${width}`;
  return path;
}

/** Patterns tell states apart for those who do not see the colours; glyphs do where there is room for them. */
const Patterns = memo(function Patterns() {
  return (
    <defs>
      {(["run", "bad"] as const).map((tone) => (
        <pattern key={tone} id={`front-fill-${tone}`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className={styles[`tint-${tone}`]} width="6" height="6" />
          <rect className={styles[`line-${tone}`]} width="2" height="6" />
        </pattern>
      ))}
      <pattern id="front-fill-wait" width="5" height="5" patternUnits="userSpaceOnUse">
        <rect className={styles["tint-wait"]} width="5" height="5" />
        <rect className={styles["line-wait"]} width="5" height="1.6" />
      </pattern>
      <pattern id="front-fill-idle" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <rect className={styles["tint-idle"]} width="6" height="6" />
        <path className={styles["line-idle"]} d="M0 0H6V1.3H0zM0 0H1.3V6H0z" />
      </pattern>
      <pattern id="front-fill-pinned" width="4" height="4" patternUnits="userSpaceOnUse">
        <rect className={styles["tint-ok"]} width="4" height="4" />
        <circle className={styles["line-ok"]} cx="2" cy="2" r="0.9" />
      </pattern>
      <pattern id="front-fill-some" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className={styles["tint-ok"]} width="4" height="4" opacity="0.55" />
        <rect className={styles["line-ok"]} width="1" height="4" />
      </pattern>
      {(["wait", "bad", "idle"] as const).map((tone, at) => (
        <pattern
          key={tone}
          id={`front-plain-${tone}`}
          width="4"
          height="4"
          patternUnits="userSpaceOnUse"
          patternTransform={`rotate(${[0, 45, 90][at]})`}
        >
          <rect className={styles[`cap-${tone}`]} width="4" height="4" />
          <rect className={styles.stripe} width="4" height="1.3" />
        </pattern>
      ))}
      <symbol id="front-ok" viewBox="0 0 16 16">
        <path d="M3 8.4l3.4 3.4L13 4.8" strokeWidth="2.6" />
      </symbol>
      <symbol id="front-run" viewBox="0 0 16 16">
        <path d="M8 2.5a5.5 5.5 0 1 1-5.5 5.5" strokeWidth="2.4" />
      </symbol>
      <symbol id="front-bad" viewBox="0 0 16 16">
        <path d="M3.5 3.5l9 9M12.5 3.5l-9 9" strokeWidth="2.6" />
      </symbol>
      <symbol id="front-back" viewBox="0 0 16 16">
        <path d="M3.2 6.4A5.2 5.2 0 1 1 3 9.6M2.4 2.6l.6 4 3.9-.7" strokeWidth="2" />
      </symbol>
      <symbol id="front-hold" viewBox="0 0 16 16">
        <path d="M5.5 4v8M10.5 4v8" strokeWidth="2.4" />
      </symbol>
      <symbol id="front-bake" viewBox="0 0 16 16">
        <path
          d="M4 1.8h8M4 14.2h8M5 1.8v2.4c0 1.5 3 2.6 3 3.8s-3 2.3-3 3.8v2.4M11 1.8v2.4c0 1.5-3 2.6-3 3.8s3 2.3 3 3.8v2.4"
          strokeWidth="1.7"
        />
      </symbol>
      <symbol id="front-unknown" viewBox="0 0 16 16">
        <path d="M5.6 5.6a2.5 2.5 0 1 1 3.6 2.5c-.8.4-1.2.9-1.2 1.7M8 12.6v.3" strokeWidth="2.2" />
      </symbol>
    </defs>
  );
});
