import { useEffect, useRef, useSyncExternalStore } from "react";
import { appearance } from "./appearance";

/** One key, or a sequence (`g b`), with what it does in words for the help. */
export type Shortcut = { keys: string; does: string; group?: string; act: () => void };

/** The group of keys that work on every page; a page's own keys go before them, whichever of them was there first. */
export const everywhere = "Everywhere";

const SEQUENCE_WITHIN_MS = 1_200;

let shortcuts: readonly Shortcut[] = [];
const listeners = new Set<() => void>();
let before = "";
let before_at = 0;

/** Keys that work while a component is shown. Acts on what runs in production have none. */
export function useKeys(list: readonly Shortcut[]): void {
  const newest = useRef(list);
  newest.current = list;
  const signature = list.map((each) => `${each.keys}\n${each.does}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a key does is read when it is pressed; only names are registered
  useEffect(() => {
    const own = newest.current.map((each, index) => ({ ...each, act: () => newest.current[index]?.act() }));
    shortcuts = [...shortcuts, ...own];
    tell();
    return () => {
      shortcuts = shortcuts.filter((each) => !own.includes(each));
      tell();
    };
  }, [signature]);
}

/** Everything that can be pressed now, for the help. */
export function useShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shortcuts,
  );
}

/** What a press means: the shortcut it completes, or none. Of a page's keys the last one registered wins: a panel's keys go before its page's. */
export function meant(list: readonly Shortcut[], previous: string, key: string): Shortcut | undefined {
  const find = (keys: string) =>
    list.findLast((each) => each.keys === keys && each.group !== everywhere) ?? list.findLast((each) => each.keys === keys);
  return (previous === "" ? undefined : find(`${previous} ${key}`)) ?? find(key);
}

function onKeyDown(event: KeyboardEvent): void {
  const combined = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" ? "Ctrl K" : undefined;
  if (combined === undefined) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!appearance().shortcuts || isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
  }
  const key = combined ?? event.key;
  const now = performance.now();
  const found = meant(shortcuts, now - before_at < SEQUENCE_WITHIN_MS ? before : "", key);
  before = key;
  before_at = now;
  if (found === undefined) return;
  before = "";
  event.preventDefault();
  found.act();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function tell(): void {
  for (const each of listeners) each();
}

globalThis.addEventListener?.("keydown", onKeyDown);
