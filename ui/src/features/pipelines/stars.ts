import { useSyncExternalStore } from "react";

const key = "tidegate.stars";
let stars: ReadonlySet<string> = read();
const listeners = new Set<() => void>();

/** The pipelines that a reader has marked in this browser. */
export function useStars(): ReadonlySet<string> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => stars,
  );
}

export function toggleStar(name: string): void {
  const next = new Set(stars);
  if (!next.delete(name)) next.add(name);
  stars = next;
  try {
    localStorage.setItem(key, JSON.stringify([...next]));
  } catch {
    // A browser that keeps nothing forgets stars when it is closed.
  }
  for (const each of listeners) each();
}

function read(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter((name) => typeof name === "string") : []);
  } catch {
    return new Set();
  }
}
