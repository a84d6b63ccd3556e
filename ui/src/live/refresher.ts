import type { Query, QueryClient } from "@tanstack/react-query";

const FIRST_MS = 120;
/** A page that is shown is fetched again at most this often, however much happens; */
const APART_MS = 1_000;
/** and while it goes on and on, only this often: a hundred open browsers must cost the server little. Events themselves are shown at once. */
const APART_WHILE_BUSY_MS = 4_000;
/** So many fetches within so much time are "on and on". */
const BUSY_FETCHES = 3;
const BUSY_WITHIN_MS = 15_000;

/**
 * Fetches again what events have made untrue: soon after the first event, then at most once a second for each query, less often while it goes
 * on, and not at all when the answer that came meanwhile has the event in it already.
 */
export class Refresher {
  private needed = new Map<string, number>();
  /** When each query was fetched, newest last; as many as it takes to see whether it goes on and on. */
  private fetchedAt = new Map<string, number[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The answers of `queries` must hold everything up to `seq`. */
  need(queries: readonly Query[], seq: number): void {
    for (const query of queries) {
      if (seqOf(query.state.data) >= seq) continue;
      if (!query.isActive()) query.invalidate();
      else this.needed.set(query.queryHash, Math.max(seq, this.needed.get(query.queryHash) ?? 0));
    }
    this.plan(FIRST_MS);
  }

  private plan(delay_ms: number): void {
    if (this.timer !== undefined || this.needed.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, delay_ms);
  }

  private flush(): void {
    const now = this.now();
    let next_ms = Number.POSITIVE_INFINITY;
    for (const [hash, seq] of this.needed) {
      const query = this.client.getQueryCache().get(hash);
      if (query === undefined || seqOf(query.state.data) >= seq) {
        this.needed.delete(hash);
        continue;
      }
      const wait_ms = waitOf(this.fetchedAt.get(hash) ?? [], now);
      if (query.state.fetchStatus !== "idle" || wait_ms > 0) {
        next_ms = Math.min(next_ms, Math.max(wait_ms, FIRST_MS));
        continue;
      }
      this.needed.delete(hash);
      this.fetchedAt.set(hash, [...(this.fetchedAt.get(hash) ?? []), now].slice(-BUSY_FETCHES));
      if (query.isActive()) void this.client.refetchQueries({ queryKey: query.queryKey, exact: true });
      else query.invalidate();
    }
    if (this.needed.size > 0) this.plan(Number.isFinite(next_ms) ? next_ms : FIRST_MS);
  }
}

/** How long the next fetch has to wait after those before it. */
export function waitOf(fetched: readonly number[], now: number): number {
  const last = fetched.at(-1);
  if (last === undefined) return 0;
  const isBusy = fetched.length >= BUSY_FETCHES && now - (fetched[0] ?? 0) < BUSY_WITHIN_MS;
  return Math.max(0, last + (isBusy ? APART_WHILE_BUSY_MS : APART_MS) - now);
}

/** Up to which event an answer is complete; answers without a number are always behind. */
export function seqOf(data: unknown): number {
  if (typeof data !== "object" || data === null) return -1;
  // A list that was fetched page by page is as old as its oldest page.
  if ("pages" in data && Array.isArray(data.pages)) return Math.min(...data.pages.map(seqOf));
  return "seq" in data && typeof data.seq === "number" ? data.seq : -1;
}
