import { type Column, type Source, spanOf } from "./layout";
import { type Part, partsOf, type Scale } from "./shapes";

export const GLYPH_FROM_PX = 11;
const TALL_PX = 18;

export type Box = { x: number; width: number; radius: number };

export function isTall(scale: Scale): boolean {
  return scale.row_px >= TALL_PX;
}

/** Whether a column's caps have room for signs; then every part of it is an element of its own. */
export function hasSigns(column: Column, scale: Scale): boolean {
  return isTall(scale) && column.width >= GLYPH_FROM_PX;
}

export function boxOf(x: number, width: number, scale: Scale): Box {
  const gap = isTall(scale) ? 1.6 : Math.min(0.7, width * 0.12);
  return { x: x + gap / 2, width: Math.max(1, width - gap), radius: !isTall(scale) || width < 6 ? 1 : 3 };
}

/** Where there is no room for a sign, a pattern tells caps apart. */
export function lookOf(part: Part, hasSign: boolean): string {
  if (part.fill === "outline") return `outline-${part.tone}`;
  if (part.kind !== "cap" && part.kind !== "incoming") return `fill-${part.fill}`;
  return hasSign || part.fill === "ok" || part.fill === "run" ? `cap-${part.fill}` : `plain-${part.fill}`;
}

/** The parts of some columns that look the same, as one path: hundreds of columns take a few elements. */
export type Drawn = { look: string; d: string };

/** Columns beside each other, drawn together: what changes at one of them is painted again only here. */
export type Patch = { key: string; drawn: readonly Drawn[] };

type Known = { of: Source["of"]; x: number; width: number; queued: number | undefined; scale: Scale; drawn: readonly Drawn[] };

/** Remembers what each column looked like, so that only those are computed anew that have changed. */
export class Drawing {
  private known = new Map<string, Known>();

  patches(columns: readonly Column[], scale: Scale): Patch[] {
    const known = new Map<string, Known>();
    const patches: { key: string; looks: Map<string, string> }[] = [];
    for (const column of columns) {
      const now = this.drawn(column, scale);
      known.set(column.key, now);
      const key = `${column.stage}/${column.wave}`;
      let patch = patches.at(-1);
      if (patch?.key !== key) {
        patch = { key, looks: new Map() };
        patches.push(patch);
      }
      for (const { look, d } of now.drawn) patch.looks.set(look, (patch.looks.get(look) ?? "") + d);
    }
    this.known = known;
    return patches.map(({ key, looks }) => ({ key, drawn: inOrder(looks) }));
  }

  private drawn({ key, source, x, width, queued }: Column, scale: Scale): Known {
    const { of } = source;
    const before = this.known.get(key);
    if (before?.of === of && before.x === x && before.width === width && before.queued === queued && before.scale === scale) return before;
    const box = boxOf(x, width, scale);
    const drawn = partsOf(spanOf(source), scale, queued).map((part) => ({ look: lookOf(part, false), d: outline(part, box) }));
    return { of, x, width, queued, scale, drawn };
  }
}

/** Bodies lie below bands, and caps on top of both. */
function inOrder(looks: ReadonlyMap<string, string>): Drawn[] {
  const height = (look: string) => layers.findIndex((layer) => look.startsWith(layer));
  return [...looks].map(([look, d]) => ({ look, d })).sort((one, other) => height(one.look) - height(other.look));
}

const layers = ["fill-", "outline-", "plain-", "cap-"];

function outline(part: Part, box: Box): string {
  const inset = part.fill === "outline" ? 0.8 : 0;
  const x = round(box.x + inset);
  const y = round(part.y + 0.5 + inset);
  const width = round(Math.max(0.5, box.width - 2 * inset));
  const height = round(Math.max(0.5, part.height - 1 - 2 * inset));
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
