import { memo } from "react";
import { boxOf, GLYPH_FROM_PX, isTall, lookOf } from "./drawn";
import { type Source, spanOf } from "./layout";
import styles from "./Picture.module.css";
import { type Part, partsOf, type Scale } from "./shapes";

const COUNT_FROM_PX = 30;

/** One column with signs on its caps. Drawn again only when its own target, its place or the rows change. */
export const ColumnView = memo(function ColumnView({ source, x, width, queued, scale }: Props) {
  const span = spanOf(asSource(source));
  const count = span.of > 1 && span.runs < span.of && width >= COUNT_FROM_PX && isTall(scale) ? `${span.runs}/${span.of}` : undefined;
  const box = boxOf(x, width, scale);
  return partsOf(span, scale, queued).map((part) => <PartView key={part.kind} part={part} box={box} count={count} />);
});

function PartView({ part, box, count }: { part: Part; box: ReturnType<typeof boxOf>; count: string | undefined }) {
  const isOutline = part.fill === "outline";
  const inset = isOutline ? 0.8 : 0;
  const hasCount = part.kind === "cap" && count !== undefined;
  const hasGlyph = !hasCount && part.glyph !== undefined && box.width >= GLYPH_FROM_PX - 2;
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

function asSource(of: Source["of"]): Source {
  if ("waves" in of) return { kind: "stage", of };
  if ("targets" in of) return { kind: "wave", of };
  return { kind: "target", of };
}

type Props = { source: Source["of"]; x: number; width: number; queued: number | undefined; scale: Scale };
