import { useEffect, useSyncExternalStore } from "react";

/** What the open pipeline's tab shows before its title, and as its icon: pinned tabs tell their state without being opened. */
export type Mark = "bad" | "wait" | undefined;

const signs = { bad: "✕", wait: "◦" };
let mark: Mark;
const listeners = new Set<() => void>();

/** The tab's title: what is open, then the pipeline. */
export function useTitle(...parts: readonly (string | undefined)[]): void {
  const current = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => mark,
  );
  const title = [...parts.filter(Boolean), "Tidegate"].join(" · ");
  useEffect(() => {
    document.title = current === undefined ? title : `${signs[current]} ${title}`;
  }, [title, current]);
}

/** Marks the tab for as long as the caller is shown. */
export function useMark(next: Mark): void {
  useEffect(() => {
    set(next);
    return () => set(undefined);
  }, [next]);
}

function set(next: Mark): void {
  mark = next;
  document.getElementById("favicon")?.setAttribute("href", next === undefined ? "/favicon.svg" : `/favicon-${next}.svg`);
  for (const each of listeners) each();
}
