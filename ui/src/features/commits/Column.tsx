import { memo } from "react";
import { type Source, spanOf } from "./layout";
import styles from "./Picture.module.css";
import { type Part, partsOf, type Scale } from "./shapes";

const GLYPH_FROM_PX = 11;
const COUNT_FROM_PX = 30;
const TALL_PX = 18;

/** One column. Drawn again only when its own target, its place or the rows change. */
export const ColumnView = memo(function ColumnView({ source, x, width, queued, scale }: Props) {
  const span = spanOf(asSource(source));
  const gap = scale.row_px < TALL_PX ? Math.min(0.7, width * 0.12) : 1.6;
  const box: Box = { x: x + gap / 2, width: Math.max(1, width - gap), radius: scale.row_px < TALL_PX || width < 6 ? 1 : 3 };
  const count =
    span.of > 1 && span.runs < span.of && width >= COUNT_FROM_PX && scale.row_px >= TALL_PX ? `${span.runs}/${span.of}` : undefined;
  return partsOf(span, scale, queued).map((part) => (
    <PartView key={part.kind} part={part} box={box} count={count} isTall={scale.row_px >= TALL_PX} />
  ));
});

type Box = { x: number; width: number; radius: number };

function PartView({ part, box, count, isTall }: { part: Part; box: Box; count: string | undefined; isTall: boolean }) {
  const isOutline = part.fill === "outline";
  const inset = isOutline ? 0.8 : 0;
  const hasCount = part.kind === "cap" && count !== undefined;
  const hasGlyph = !hasCount && part.glyph !== undefined && isTall && box.width >= GLYPH_FROM_PX - 2;
  const rect = (
    <rect
      className={styles[lookOf(part, hasGlyph || hasCount)]}
      x={box.x + inset}
      y={part.y + 0.5 + inset}
      width={Math.max(0.5, box.width - 2 * inset)}
      height={Math.max(0.5, part.height - 1 - 2 * inset)}
      rx={box.radius}
    />
  );
  if (hasCount) {
    return (
      <>
        {rect}
        <text className={styles.count} x={box.x + box.width / 2} y={part.y + part.height / 2 + 3.5} textAnchor="middle">
          {count}
        </text>
      </>
    );
  }
  if (!hasGlyph) return rect;
  return (
    <>
      {rect}
      <use
        className={isOutline ? styles.glyphBad : styles.glyphOn}
        href={`#front-${part.glyph}`}
        x={box.x + box.width / 2 - 5.5}
        y={part.y + Math.min(part.height, 25) / 2 - 5.5}
        width="11"
        height="11"
      />
    </>
  );
}

/** Where there is no room for a glyph, a pattern tells caps apart. */
function lookOf(part: Part, hasSign: boolean): string {
  if (part.fill === "outline") return `outline-${part.tone}`;
  if (!isCap(part)) return `fill-${part.fill}`;
  return hasSign || part.fill === "ok" || part.fill === "run" ? `cap-${part.fill}` : `plain-${part.fill}`;
}

function isCap(part: Part): boolean {
  return part.kind === "cap" || part.kind === "incoming";
}

function asSource(of: Source["of"]): Source {
  if ("waves" in of) return { kind: "stage", of };
  if ("targets" in of) return { kind: "wave", of };
  return { kind: "target", of };
}

type Props = { source: Source["of"]; x: number; width: number; queued: number | undefined; scale: Scale };
