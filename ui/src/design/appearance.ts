import { useSyncExternalStore } from "react";

/** What a reader chose for this browser. `public/theme.js` reads the same key before the first paint. */
export type Appearance = {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "dense";
  times: "relative" | "local" | "utc";
  shortcuts: boolean;
};

const key = "tidegate.appearance";
const initial: Appearance = { theme: "system", density: "comfortable", times: "relative", shortcuts: true };
const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : undefined;

let current: Appearance = read();
const listeners = new Set<() => void>();

export function appearance(): Appearance {
  return current;
}

export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, appearance);
}

export function setAppearance(change: Partial<Appearance>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still gets what was chosen, until it is closed.
  }
  apply();
  for (const each of listeners) each();
}

function apply(): void {
  const root = document.documentElement;
  root.dataset.theme = current.theme === "system" ? (dark?.matches ? "dark" : "light") : current.theme;
  root.dataset.density = current.density;
}

function read(): Appearance {
  try {
    return { ...initial, ...JSON.parse(localStorage.getItem(key) ?? "{}") };
  } catch {
    return initial;
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

dark?.addEventListener("change", () => {
  // A new value, so that what reads colours once (a canvas) reads them again.
  current = { ...current };
  apply();
  for (const each of listeners) each();
});
globalThis.addEventListener?.("storage", (event) => {
  if (event.key !== key) return;
  current = read();
  apply();
  for (const each of listeners) each();
});
