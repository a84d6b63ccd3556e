import { full } from "../../design/time";

/** From which line on, and how long after the attempt had begun, in milliseconds. */
export type TimeMark = readonly number[];

/** A time as it stands beside a line, and as its tooltip has it. */
export type LineTime = { text: string; title: string };

/** When lines were written: what a mark says counts from its line on until the next mark. */
export class LineTimes {
  private lines: number[] = [];
  private after_ms: number[] = [];

  /** How many marks are known. */
  get size(): number {
    return this.lines.length;
  }

  /** Takes the marks of some lines, in order; what was known of the lines between the first and the last of them is replaced. */
  put(marks: readonly TimeMark[]): void {
    const first = marks[0]?.[0];
    const last = marks.at(-1)?.[0];
    if (first === undefined || last === undefined) return;
    const from = this.before(first);
    const until = this.before(last + 1);
    const [lines, after_ms] = [marks.map((mark) => mark[0] ?? 0), marks.map((mark) => mark[1] ?? 0)];
    this.lines = [...this.lines.slice(0, from), ...lines, ...this.lines.slice(until)];
    this.after_ms = [...this.after_ms.slice(0, from), ...after_ms, ...this.after_ms.slice(until)];
  }

  at(line: number): number | undefined {
    return this.after_ms[this.before(line + 1) - 1];
  }

  /** How many marks stand before a line. */
  private before(line: number): number {
    let low = 0;
    let high = this.lines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lines[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** `began_at`: when the attempt began, in the server's milliseconds. */
export function lineTime(after_ms: number, began_at: number | undefined): LineTime {
  return { text: sinceBegin(after_ms), title: began_at === undefined ? "" : full(began_at + after_ms) };
}

/** `91.63s`, `12m 03s`, `1h 02m 03s`: to the second always, since lines that stand together are told apart by it. */
export function sinceBegin(ms: number): string {
  if (ms < 600_000) return `${(ms / 1_000).toFixed(2)}s`;
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = `${String(minutes).padStart(2, "0")}m ${String(seconds % 60).padStart(2, "0")}s`;
  return hours === 0 ? rest : `${hours}h ${rest}`;
}
