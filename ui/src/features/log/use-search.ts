import { useEffect, useState } from "react";
import type { Hits, LogStore } from "./store";

/** What the log has of `q`; `searching` until that is known. */
export function useSearch(store: LogStore, q: string, total: number, phase: string): { hits: Hits | null; searching: boolean } {
  const [hits, setHits] = useState<{ q: string; hits: Hits } | null>(null);
  // A log that grows is searched again, but not for every line.
  const every = phase === "whole" ? total : Math.floor(total / 5_000);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `every` and `phase` say when there is more to search in
  useEffect(() => {
    if (q === "" || phase === "loading") return;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const found = await store.search(q, controller.signal);
        if (!controller.signal.aborted) setHits({ q, hits: found });
      } catch {
        if (!controller.signal.aborted) setHits(null);
      }
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [store, q, every, phase]);
  return { hits: q !== "" && hits?.q === q ? hits.hits : null, searching: q !== "" && hits?.q !== q };
}

export function countText(hits: Hits, hit: number | null): string {
  if (hits.total === 0) return "no lines";
  const at = hit === null ? -1 : hits.lines.indexOf(hit);
  const total = hits.total.toLocaleString("en");
  return at < 0 ? `${total} ${hits.total === 1 ? "line" : "lines"}` : `${(at + 1).toLocaleString("en")} of ${total}`;
}
