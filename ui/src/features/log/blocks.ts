import { plainText } from "./ansi";
import { isError } from "./lines";

/** A line in which the runner says something itself: where a step begins or how it ended. */
export type Mark = { line: number; text: string };

/** Some lines of a stored log, as the bytes that were stored: a line becomes text when somebody looks at it. */
export type Block = {
  first: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Where each line begins, and behind them where the last one ends with its line feed. */
  starts: Uint32Array<ArrayBuffer>;
  errors: Uint32Array<ArrayBuffer>;
  marks: Mark[];
  /** The last line has no line feed yet. */
  isOpen: boolean;
};

const LINE_FEED = 10;
/** A block is handed on when it has this much, or when somebody has waited this long for it. */
const BLOCK_BYTES = 1 << 20;
const BLOCK_MS = 80;

/** Cuts bytes, however they arrive, into blocks of whole lines, and finds what their lines report. */
export async function* blocksOf(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  now: () => number = () => performance.now(),
  block_bytes: number = BLOCK_BYTES,
): AsyncGenerator<{ block: Block; text: string }> {
  let first = 0;
  let held: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  let handed_at = now();
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      held.push(piece);
      size += piece.length;
      continue;
    }
    held.push(piece.subarray(0, end));
    size += end;
    const rest = piece.subarray(end);
    if (size >= block_bytes || now() - handed_at >= BLOCK_MS) {
      const whole = blockOf(joined(held), first);
      first += whole.block.starts.length - 1;
      yield whole;
      held = [];
      size = 0;
      handed_at = now();
    }
    if (rest.length > 0) {
      held.push(rest);
      size += rest.length;
    }
  }
  if (size > 0) yield blockOf(joined(held), first);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function blockOf(bytes: Uint8Array<ArrayBuffer>, first: number): { block: Block; text: string } {
  const text = decoder.decode(bytes);
  const isOpen = bytes[bytes.length - 1] !== LINE_FEED;
  const lines = text.split("\n");
  if (!isOpen) lines.pop();
  const starts = new Uint32Array(lines.length + 1);
  let at = 0;
  for (let line = 1; line < lines.length; line += 1) {
    at = bytes.indexOf(LINE_FEED, at) + 1;
    starts[line] = at;
  }
  starts[lines.length] = isOpen ? bytes.length + 1 : bytes.length;
  const errors: number[] = [];
  const marks: Mark[] = [];
  for (let line = 0; line < lines.length; line += 1) {
    const said = withoutReturn(lines[line] ?? "");
    if (said.startsWith("--- ")) marks.push({ line: first + line, text: said });
    // What is still being written is judged when it is whole.
    if (isError(said) && !(isOpen && line === lines.length - 1)) errors.push(first + line);
  }
  return { block: { first, bytes, starts, errors: Uint32Array.from(errors), marks, isOpen }, text };
}

/** A line of the log within its block. */
export function lineOf(block: Block, line: number): string | undefined {
  const start = block.starts[line - block.first];
  const next = block.starts[line - block.first + 1];
  if (start === undefined || next === undefined) return undefined;
  return withoutReturn(decoder.decode(block.bytes.subarray(start, next - 1)));
}

export function lastOf(block: Block): number {
  return block.first + block.starts.length - 2;
}

export function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** What can be seen of some lines, in small letters, one below the other: to be searched again and again. */
export class Searchable {
  private readonly small: string;

  constructor(
    private readonly first: number,
    text: string,
  ) {
    const lines = text.split("\n");
    for (let line = 0; line < lines.length; line += 1) lines[line] = plainText(withoutReturn(lines[line] ?? "")).toLowerCase();
    this.small = lines.join("\n");
  }

  /** Adds the lines that hold `needle`, which is in small letters. */
  find(needle: string, found: number[]): void {
    let line = this.first;
    let counted = 0;
    for (let at = this.small.indexOf(needle); at >= 0; ) {
      for (let feed = this.small.indexOf("\n", counted); feed >= 0 && feed < at; feed = this.small.indexOf("\n", counted)) {
        line += 1;
        counted = feed + 1;
      }
      found.push(line);
      const end = this.small.indexOf("\n", at);
      at = end < 0 ? -1 : this.small.indexOf(needle, end + 1);
    }
  }
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
