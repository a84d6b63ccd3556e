import { useSyncExternalStore } from "react";

/** What lies over the page: the command palette, the help for keys, or nothing. */
export type Overlay = "palette" | "keys" | null;

let current: Overlay = null;
const listeners = new Set<() => void>();

export function showOverlay(next: Overlay): void {
  current = next;
  for (const each of listeners) each();
}

export function useOverlay(): Overlay {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
