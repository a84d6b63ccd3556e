import { type Block, lastOf, lineOf, type Mark } from "./blocks";
import { type Fold, foldsOf, isError } from "./lines";

/** The lines that were read from the beginning on, and what they report. */
export class Held {
  /** How many lines from the first on are here, each of them whole. */
  lines = 0;
  /** Lines that report an error, in order. */
  readonly errors: number[] = [];
  folds: Fold[] = [];

  private blocks: Block[] = [];
  private scanned = 0;
  private newest = 0;

  /** Takes the next block; what it ends with, unless that is a whole line, is answered. */
  add(block: Block): { line: number; text: string } | undefined {
    const last = lastOf(block);
    this.blocks.push(block);
    this.lines = block.isOpen ? last : last + 1;
    for (const line of block.errors) this.errors.push(line);
    this.fold(block.marks, last + 1);
    this.scanned = this.lines;
    return block.isOpen ? { line: last, text: lineOf(block, last) ?? "" } : undefined;
  }

  line(line: number): string | undefined {
    if (line >= this.lines) return undefined;
    const block = this.blockOf(line);
    return block === undefined ? undefined : lineOf(block, line);
  }

  /** Looks through lines that came after the blocks. */
  scan(lineAt: (line: number) => string | undefined, until: number): void {
    const marks: Mark[] = [];
    for (let line = this.scanned; line < until; line += 1) {
      const text = lineAt(line);
      if (text === undefined) continue;
      if (text.startsWith("--- ")) marks.push({ line, text });
      if (isError(text)) this.errors.push(line);
    }
    if (until > this.scanned) this.fold(marks, until);
    this.scanned = Math.max(this.scanned, until);
  }

  private fold(marks: readonly Mark[], total: number): void {
    this.folds = foldsOf(marks, total, this.folds);
  }

  private blockOf(line: number): Block | undefined {
    const known = this.blocks[this.newest];
    if (known !== undefined && line >= known.first && line <= lastOf(known)) return known;
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.blocks[middle]?.first ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    this.newest = low;
    return this.blocks[low];
  }
}
