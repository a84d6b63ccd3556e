import type { Schemas } from "../../api/client";
import { Held } from "./held";
import { LineTimes, type TimeMark } from "./line-times";
import { type Fold, holds } from "./lines";
import type { Whole } from "./whole";

export type Tail = { kind: "lines"; from: number; lines: string[]; times: readonly TimeMark[] } | { kind: "complete"; total_lines: number };

/** Where a log comes from; the tests have one of their own. */
export type LogReader = {
  page(from: number, count: number, signal: AbortSignal): Promise<Schemas["LogPage"]>;
  /** All that is stored now; it can be searched until `signal` says that nobody looks at it any more. */
  whole(signal: AbortSignal): Whole;
  /** From a line on as it grows, ended by `complete`; a line that was unfinished may come again. */
  follow(from: number, signal: AbortSignal): AsyncIterable<Tail>;
  search(needle: string, signal: AbortSignal): Promise<Schemas["LogHits"]>;
  /** The times of lines from this one on, as many as one answer holds. */
  times(from: number, signal: AbortSignal): Promise<Schemas["LogTimes"]>;
};

export type LogState = {
  total: number;
  /** The attempt has ended and everything that its runner had is on the server. */
  complete: boolean;
  lost_bytes: number;
  /** How many marks of time are known. */
  times: number;
  /** `loading` until the first lines or the error; `whole` when every line is in this browser; `paged` when the log is too long for that. */
  phase: "loading" | "partly" | "whole" | "paged" | "failed";
  error: unknown;
};

export type Hits = { total: number; lines: readonly number[]; exact: boolean };

const PAGE_LINES = 2_000;
const FIRST_LINES = 400;
/** What a browser holds of one log. */
export const MAX_HELD_BYTES = 20_000_000;
const MAX_PAGES = 60;
const RETRY_MS = 2_000;
/** While a log is read, it is drawn again this often at the most. */
const TELL_EVERY_MS = 100;

/**
 * The lines of one attempt's log. Short logs are held whole; of longer ones the pages that are looked at, with search on the server. While the
 * attempt runs it follows. Lines are kept as they came; what they mean is computed when they are drawn.
 */
export class LogStore {
  state: LogState = { total: 0, complete: false, lost_bytes: 0, times: 0, phase: "loading", error: undefined };

  /** When lines were written; of all lines after `readTimes`, before that of the pages that were read. */
  readonly times = new LineTimes();

  private held = new Held();
  private whole: { of: Whole; stop: AbortController } | undefined;
  private pages = new Map<number, string[]>();
  private order: number[] = [];
  private asked = new Set<number>();
  private listeners = new Set<() => void>();
  private controller = new AbortController();
  private timesAsked = false;

  constructor(
    private readonly reader: LogReader,
    private readonly held_bytes: number = MAX_HELD_BYTES,
    private readonly wait: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): LogState => this.state;

  line = (line: number): string | undefined => this.held.line(line) ?? this.pages.get(Math.floor(line / PAGE_LINES))?.[line % PAGE_LINES];

  /** Lines that report an error, in order: of the whole log, or of what was read so far. */
  get errors(): readonly number[] {
    return this.held.errors;
  }

  get folds(): readonly Fold[] {
    return this.held.folds;
  }

  /** Reads the lines around `around`, then everything, then follows until the attempt has ended; may be started again after `stop`. */
  async start(around: number): Promise<void> {
    this.controller = new AbortController();
    const { signal } = this.controller;
    try {
      const first = await this.reader.page(Math.max(0, around - FIRST_LINES / 2), FIRST_LINES, signal);
      this.put(first.first_line, first.lines);
      this.times.put(first.times);
      this.change({ total: first.total_lines, complete: first.complete, lost_bytes: first.lost_bytes, phase: "partly" });
      await this.readWhole(signal);
      if (!this.state.complete && !signal.aborted) await this.follow(signal);
    } catch (error) {
      if (!signal.aborted) this.change({ phase: this.state.phase === "loading" ? "failed" : this.state.phase, error });
    }
  }

  stop(): void {
    this.controller.abort();
    this.whole?.stop.abort();
  }

  /** Makes sure that these lines are, or soon will be, there. */
  want(first: number, last: number): void {
    if (this.state.phase === "whole" || this.state.phase === "failed" || this.state.total === 0) return;
    for (let page = Math.floor(Math.max(0, first) / PAGE_LINES); page * PAGE_LINES <= Math.min(last, this.state.total - 1); page += 1) {
      if (this.isThere(page) || this.asked.has(page)) continue;
      this.asked.add(page);
      void this.readPage(page);
    }
  }

  /** Which lines hold `needle`: here when every line is here, otherwise on the server (letter by letter). */
  async search(needle: string, signal: AbortSignal): Promise<Hits> {
    if (this.state.phase !== "whole" || this.whole === undefined) {
      const { lines, total } = await this.reader.search(needle, signal);
      return { total, lines, exact: true };
    }
    const small = needle.toLowerCase();
    const { held } = this;
    const lines = [...(await this.whole.of.find(small))];
    for (let line = held.lines; line < this.state.total; line += 1) {
      if (holds(this.line(line) ?? "", small, true)) lines.push(line);
    }
    return { total: lines.length, lines, exact: false };
  }

  /** Reads when every line was written, once; what comes later brings its times along. */
  async readTimes(): Promise<void> {
    if (this.timesAsked) return;
    this.timesAsked = true;
    const { signal } = this.controller;
    try {
      for (let from: number | null | undefined = 0; from != null && !signal.aborted; ) {
        const { times, next } = await this.reader.times(from, signal);
        this.times.put(times);
        from = next;
      }
      this.change({});
    } catch (error) {
      this.timesAsked = false;
      if (!signal.aborted) this.change({ error });
    }
  }

  private async readWhole(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const of = this.reader.whole(stop.signal);
    this.whole?.stop.abort();
    this.whole = { of, stop };
    const held = new Held();
    // What is here already is shown until all has been read anew.
    if (this.state.phase === "partly") this.held = held;
    let bytes = 0;
    let told_at = performance.now();
    for await (const block of of.blocks) {
      if (signal.aborted) return;
      bytes += block.bytes.length;
      if (bytes > this.held_bytes) {
        stop.abort();
        this.change({ phase: "paged" });
        return;
      }
      const open = held.add(block);
      if (open !== undefined) this.put(open.line, [open.text]);
      if (performance.now() - told_at < TELL_EVERY_MS) continue;
      told_at = performance.now();
      this.change({ total: Math.max(this.state.total, held.lines) });
    }
    if (signal.aborted) return;
    this.held = held;
    const total = Math.max(this.state.total, held.lines);
    held.scan(this.line, this.state.complete ? total : total - 1);
    this.change({ total, phase: "whole" });
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        // The last line may have been read before its end had come.
        for await (const tail of this.reader.follow(Math.max(0, this.state.total - 1), signal)) {
          if (tail.kind === "complete") {
            await this.finish(signal);
            return;
          }
          this.put(tail.from, tail.lines);
          this.times.put(tail.times);
          this.change({ total: Math.max(this.state.total, tail.from + tail.lines.length), error: undefined });
          if (this.state.phase === "whole") this.held.scan(this.line, this.state.total - 1);
        }
      } catch (error) {
        if (!signal.aborted) this.change({ error });
      }
      if (!signal.aborted) await this.wait(RETRY_MS);
    }
  }

  /** A line that came in two pieces is whole only now: what was followed is read once more. */
  private async finish(signal: AbortSignal): Promise<void> {
    this.change({ complete: true, error: undefined });
    if (this.state.phase === "whole") {
      await this.readWhole(signal);
    } else {
      this.pages.clear();
      this.order = [];
      this.tell();
    }
  }

  private async readPage(page: number): Promise<void> {
    const { signal } = this.controller;
    try {
      const answer = await this.reader.page(page * PAGE_LINES, PAGE_LINES, signal);
      this.put(answer.first_line, answer.lines);
      this.times.put(answer.times);
      this.change({ total: Math.max(this.state.total, answer.total_lines), error: undefined });
    } catch (error) {
      if (!signal.aborted) this.change({ error });
    } finally {
      this.asked.delete(page);
    }
  }

  private isThere(page: number): boolean {
    const end = Math.min((page + 1) * PAGE_LINES, this.state.total);
    if (end <= this.held.lines) return true;
    const there = this.pages.get(page);
    if (there === undefined) return false;
    for (let line = Math.max(page * PAGE_LINES, this.held.lines); line < end; line += 1)
      if (there[line % PAGE_LINES] === undefined) return false;
    return true;
  }

  private put(from: number, lines: readonly string[]): void {
    for (let index = 0; index < lines.length; index += 1) {
      const line = from + index;
      const number = Math.floor(line / PAGE_LINES);
      let page = this.pages.get(number);
      if (page === undefined) {
        page = [];
        this.pages.set(number, page);
        this.order.push(number);
        if (this.state.phase === "paged") this.forget();
      }
      page[line % PAGE_LINES] = lines[index] ?? "";
    }
  }

  private forget(): void {
    while (this.order.length > MAX_PAGES) {
      const oldest = this.order.shift();
      if (oldest !== undefined) this.pages.delete(oldest);
    }
  }

  private change(change: Partial<LogState>): void {
    this.state = { ...this.state, ...change, times: this.times.size };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
