import type { Outside } from "./hub";

/** The real clock and network, in a worker as in a page. */
export const outside: Outside = {
  fetch: (url, signal) => fetch(url, { signal, headers: { accept: "text/event-stream" }, cache: "no-store" }),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
  random: () => Math.random(),
};
