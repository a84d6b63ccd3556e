import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { Schemas } from "../../api/client";
import type { LineRange } from "./fragment";
import { firstFailingLine } from "./lines";
import { Pane } from "./pane";
import type { LogStore } from "./store";

/** The pane that draws the lines, as long as its elements are there. */
export function usePane(store: LogStore, events: ConstructorParameters<typeof Pane>[4]) {
  const current = useRef<Pane | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const pad = useRef<HTMLDivElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const newest = useRef(events);
  newest.current = events;
  useEffect(() => {
    if (scroller.current === null || pad.current === null || map.current === null) return;
    const pane = new Pane(scroller.current, pad.current, map.current, store, {
      onSelect: (...args) => newest.current.onSelect(...args),
      onFold: (...args) => newest.current.onFold(...args),
      onFollow: (...args) => newest.current.onFollow(...args),
      onUnseen: (...args) => newest.current.onUnseen(...args),
    });
    current.current = pane;
    pane.grown();
    return () => {
      current.current = null;
      pane.destroy();
    };
  }, [store]);
  return useMemo(
    () => ({
      get current() {
        return current.current;
      },
      scroller,
      pad,
      map,
    }),
    [],
  );
}

/** Where a reader lands: at the lines of the address, at the end of a log that grows, or where it failed. */
export function useLanding({
  pane,
  store,
  attempt,
  selection,
}: {
  pane: { readonly current: Pane | null };
  store: LogStore;
  attempt: Schemas["AttemptView"];
  selection: LineRange | null;
}) {
  const landed = useRef<LogStore | null>(null);
  const { phase, complete } = useSyncExternalStore(store.subscribe, store.snapshot);
  useEffect(() => {
    if (phase === "loading" || phase === "failed" || landed.current === store) return;
    if (selection !== null) {
      landed.current = store;
      pane.current?.toLine(selection.first);
    } else if (!complete && attempt.state !== "ended") {
      landed.current = store;
      pane.current?.setFollowing(true);
    } else if (phase === "whole") {
      landed.current = store;
      const line = attempt.outcome?.kind === "succeeded" ? undefined : firstFailingLine(store.folds, store.errors, store.state.total);
      if (line !== undefined) pane.current?.toLine(line);
    }
  }, [phase, complete, pane, store, attempt, selection]);
  const first = selection?.first;
  useEffect(() => {
    if (first !== undefined && landed.current === store) pane.current?.toLine(first);
  }, [first, pane, store]);
}
