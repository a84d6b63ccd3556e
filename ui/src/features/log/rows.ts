/**
 * Which row of the screen each line begins at. Lines are counted from 0. Without folds and wrapping a line is a row and nothing is stored; otherwise
 * the sums of all rows before each line are kept (4 bytes a line), so that both directions take a search and no measuring.
 */
export class Rows {
  private sums: Uint32Array<ArrayBuffer> | null = null;
  private counted = 0;

  constructor(
    private total: number,
    private readonly heightOf: ((line: number) => number) | null = null,
  ) {
    if (heightOf !== null) this.grow(total);
  }

  get lines(): number {
    return this.total;
  }

  get rows(): number {
    return this.sums === null ? this.total : (this.sums[this.total] ?? 0);
  }

  /** The first row of a line. A hidden line begins where the next shown one does. */
  rowOf(line: number): number {
    const at = Math.max(0, Math.min(line, this.total));
    return this.sums === null ? at : (this.sums[at] ?? 0);
  }

  heightOfLine(line: number): number {
    return this.sums === null ? 1 : (this.sums[line + 1] ?? 0) - (this.sums[line] ?? 0);
  }

  /** The shown line that covers a row. */
  lineAt(row: number): number {
    if (this.sums === null) return Math.max(0, Math.min(row, this.total - 1));
    let low = 0;
    let high = this.total;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sums[middle + 1] ?? 0) <= row) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, Math.max(0, this.total - 1));
  }

  /** The log has grown: only new lines are measured. */
  grow(total: number): void {
    this.total = total;
    if (this.heightOf === null) return;
    if (this.sums === null || this.sums.length < total + 1) {
      const bigger = new Uint32Array(Math.max(1_024, Math.ceil((total + 1) * 1.5)));
      if (this.sums !== null) bigger.set(this.sums.subarray(0, this.counted + 1));
      this.sums = bigger;
    }
    for (let line = this.counted; line < total; line += 1) this.sums[line + 1] = (this.sums[line] ?? 0) + this.heightOf(line);
    this.counted = total;
  }
}

/** Rows that a line of `width` cells takes in `columns` columns. */
export function wrappedHeight(width: number, columns: number): number {
  return Math.max(1, Math.ceil(width / Math.max(1, columns)));
}

/** Browsers stop at about 33 million pixels; long logs are scrolled by a scaled-down height. */
export const MAX_SCROLL_PX = 8_000_000;

export type Scale = { content_px: number; scroll_px: number; view_px: number };

export function scaleOf(rows: number, row_px: number, view_px: number): Scale {
  const content_px = rows * row_px;
  return { content_px, scroll_px: Math.min(content_px, MAX_SCROLL_PX), view_px };
}

/** What is at the top of the view for a scroll position, and back. */
export function contentTop(scale: Scale, scrollTop: number): number {
  const movable = scale.scroll_px - scale.view_px;
  if (movable <= 0) return 0;
  return (Math.min(Math.max(scrollTop, 0), movable) / movable) * (scale.content_px - scale.view_px);
}

export function scrollTopFor(scale: Scale, content_top: number): number {
  const movable = scale.content_px - scale.view_px;
  if (movable <= 0) return 0;
  return (Math.min(Math.max(content_top, 0), movable) / movable) * (scale.scroll_px - scale.view_px);
}
