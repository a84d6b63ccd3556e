import { useSyncExternalStore } from "react";

/** The server's clock, as far as we know it: countdowns must not depend on what this machine believes. One timer for all of the page. */
let offset_ms = 0;
let second = now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

export function now(): number {
  return Date.now() + offset_ms;
}

/** Every snapshot and every `synced` carries the server's time. Small differences are the network's. */
export function setServerNow(server_ms: number): void {
  const next = server_ms - Date.now();
  if (Math.abs(next - offset_ms) > 750) offset_ms = next;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    second = now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's time, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => second);
}
