import type { Query, QueryClient } from "@tanstack/react-query";

const FIRST_MS = 120;
/** A page that is shown is fetched again at most this often, however much happens. */
const APART_MS = 1_000;

/**
 * Fetches again what events have made untrue: soon after the first event, then at most once a second for each query, and not at all when the
 * answer that came meanwhile has the event in it already.
 */
export class Refresher {
  private needed = new Map<string, number>();
  private fetchedAt = new Map<string, number>();
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
      const wait_ms = (this.fetchedAt.get(hash) ?? Number.NEGATIVE_INFINITY) + APART_MS - now;
      if (query.state.fetchStatus !== "idle" || wait_ms > 0) {
        next_ms = Math.min(next_ms, Math.max(wait_ms, FIRST_MS));
        continue;
      }
      this.needed.delete(hash);
      this.fetchedAt.set(hash, now);
      if (query.isActive()) void this.client.refetchQueries({ queryKey: query.queryKey, exact: true });
      else query.invalidate();
    }
    if (this.needed.size > 0) this.plan(Number.isFinite(next_ms) ? next_ms : FIRST_MS);
  }
}

/** Up to which event an answer is complete; answers without a number are always behind. */
export function seqOf(data: unknown): number {
  if (typeof data !== "object" || data === null) return -1;
  // A list that was fetched page by page is as old as its oldest page.
  if ("pages" in data && Array.isArray(data.pages)) return Math.min(...data.pages.map(seqOf));
  return "seq" in data && typeof data.seq === "number" ? data.seq : -1;
}
