import type { Tone } from "../../design/state";
import type { RowIndex } from "./rows";
import type { Span } from "./span";

/** Where rows stand in the picture, in pixels. */
export class Scale {
  constructor(
    readonly index: RowIndex,
    readonly row_px: number,
    /** The first row that is everywhere; `index.count` when none is. */
    readonly everywhere: number,
    /** Height of the divider above it. */
    readonly divider_px: number,
  ) {}

  /** The upper edge of a row; of the picture's end for `index.count`. */
  y(row: number): number {
    return row * this.row_px + (row >= this.everywhere && this.everywhere < this.index.count ? this.divider_px : 0);
  }

  get height(): number {
    return this.y(this.index.count);
  }

  /** The row at a height, none on the divider or outside. */
  rowAt(y: number): number | undefined {
    const top = this.y(this.everywhere);
    const hasDivider = this.everywhere < this.index.count;
    if (y < 0 || y >= this.height) return undefined;
    if (!hasDivider || y < top - this.divider_px) return Math.floor(y / this.row_px);
    return y < top ? undefined : Math.floor((y - this.divider_px) / this.row_px);
  }
}

/** How a part is filled. `outline` is drawn with dashes and not filled. */
export type Fill = "ok" | "run" | "wait" | "bad" | "idle" | "pinned" | "some" | "outline";
export type CapGlyph = "ok" | "run" | "bad" | "back" | "hold" | "bake" | "unknown";

/** No column has two parts of one kind. */
export type PartKind = "body" | "some" | "band" | "incoming" | "left" | "queued" | "cap";

export type Part = {
  kind: PartKind;
  tone: Tone;
  fill: Fill;
  y: number;
  height: number;
  glyph?: CapGlyph;
};

/** The parts of one column, lowest first: at most a body, a band, an outline and two caps. */
export function partsOf(span: Span, scale: Scale, queued: number | undefined): Part[] {
  const { index } = scale;
  const at = (n: number | undefined) => (n === undefined ? undefined : index.rowOf(n));
  const live = at(span.state === "rolling_back" && span.incoming !== undefined ? lower(span.live, span.incoming) : span.live);
  const best = at(span.best);
  const incoming = at(span.incoming);
  const left = at(span.left);
  const parts: Part[] = [];
  // A target that came later has no fill below the commit that brought it.
  const floor = span.first === undefined ? index.count : Math.min(index.count, index.rowOf(span.first) + 1);
  const base = live ?? floor;

  if (span.state === "unknown" && span.live === undefined) parts.push(stretch(scale, "body", "idle", "idle", incoming ?? 0, floor));
  else if (live !== undefined && live < floor) parts.push(body(span, scale, live, floor));
  if (best !== undefined && best < base) parts.push(stretch(scale, "some", "ok", "some", best, base));

  const top = Math.min(base, best ?? base);
  if (incoming !== undefined && incoming < top) {
    const tone = span.state === "failed" ? "bad" : span.state === "unknown" ? "wait" : "run";
    parts.push(stretch(scale, "band", tone, tone, incoming, top));
    parts.push(cap(scale, "incoming", tone, incoming, tone === "bad" ? "bad" : tone === "wait" ? "unknown" : "run"));
  }
  if (left !== undefined && left < top && incoming === undefined) {
    parts.push({ ...stretch(scale, "left", "bad", "outline", left, top), glyph: "back" });
  } else if (span.state === "rolling_back" && left !== undefined && left < base) {
    parts.push(stretch(scale, "left", "bad", "outline", left, base));
  }
  if (queued !== undefined && incoming === undefined && index.rowOf(queued) < top) {
    parts.push(stretch(scale, "queued", "idle", "outline", index.rowOf(queued), top));
  }
  const capAt = best ?? live;
  if (capAt !== undefined && capAt < index.count) parts.push(liveCap(span, scale, span.state === "rolling_back" ? base : capAt, incoming));
  return parts;
}

function body(span: Span, scale: Scale, live: number, floor: number): Part {
  if (span.state === "held") return stretch(scale, "body", "idle", "idle", live, floor);
  const isPinned = span.live !== undefined && scale.index.isOutside(span.live);
  return stretch(scale, "body", "ok", isPinned ? "pinned" : "ok", live, floor);
}

function liveCap(span: Span, scale: Scale, row: number, incoming: number | undefined): Part {
  switch (span.state) {
    case "held":
      return cap(scale, "cap", "idle", row, "hold");
    case "baking":
      return cap(scale, "cap", incoming === undefined ? "wait" : "ok", row, incoming === undefined ? "bake" : "ok");
    case "rolling_back":
      return cap(scale, "cap", "run", row, "back");
    case "failed":
      // The server may not know which commit failed: then what runs carries the sign.
      return incoming === undefined ? cap(scale, "cap", "bad", row, "bad") : cap(scale, "cap", "ok", row, "ok");
    case "unknown":
      return incoming === undefined ? cap(scale, "cap", "wait", row, "unknown") : cap(scale, "cap", "ok", row, "ok");
    default:
      return cap(scale, "cap", "ok", row, "ok");
  }
}

function stretch(scale: Scale, kind: PartKind, tone: Tone, fill: Fill, from: number, to: number): Part {
  const y = scale.y(from);
  return { kind, tone, fill, y, height: Math.max(0, scale.y(to) - y) };
}

function cap(scale: Scale, kind: PartKind, tone: Tone, row: number, glyph: CapGlyph): Part {
  return { kind, tone, fill: tone, y: scale.y(row), height: scale.row_px, glyph };
}

function lower(one: number | undefined, other: number): number {
  return one === undefined ? other : Math.min(one, other);
}
