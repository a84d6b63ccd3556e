import { createContext, useContext, useEffect, useSyncExternalStore } from "react";
import type { Live } from "./live";
import type { Connection, FeedEvent } from "./protocol";

export const LiveContext = createContext<Live | null>(null);

/** Keeps what the page shows of these topics true: `p/<pipeline>`, `pipelines`, `approvals`, `runners`. */
export function useLive(...topics: readonly string[]): void {
  const live = useContext(LiveContext);
  const list = topics.join(",");
  useEffect(() => live?.want(list.split(",").filter(Boolean)), [live, list]);
}

/** How the stream stands; `undefined` where there is none (sign-in, tests). */
export function useConnection(): Connection | undefined {
  const live = useContext(LiveContext);
  return useSyncExternalStore(live?.watch ?? nothing, () => live?.connection);
}

/** Hears events as they come, after the cache has them. `listener` must not change from one drawing to the next (`useCallback`). */
export function useEvents(listener: (events: readonly FeedEvent[]) => void): void {
  const live = useContext(LiveContext);
  useEffect(() => live?.listen(listener), [live, listener]);
}

function nothing(): () => void {
  return () => {};
}
