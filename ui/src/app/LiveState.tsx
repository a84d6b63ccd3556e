import { useNow } from "../design/clock";
import { clock } from "../design/time";
import { useConnection } from "../live/use-live";
import styles from "./LiveState.module.css";

/** How long the line may be down before what is shown counts as stale. */
export const STALE_AFTER_MS = 5_000;

export type Freshness = "live" | "connecting" | "reconnecting" | "stale";

/** How fresh the page is, and since when. */
export function useFreshness(): { freshness: Freshness; since_ms: number } | undefined {
  const connection = useConnection();
  const now = useNow();
  if (connection === undefined) return undefined;
  const { phase, since_ms } = connection;
  const down_ms = Date.now() - since_ms;
  if (phase === "reconnecting") return { freshness: down_ms > STALE_AFTER_MS && now > 0 ? "stale" : "reconnecting", since_ms };
  return { freshness: phase === "live" ? "live" : "connecting", since_ms };
}

/** Live, reconnecting, or stale since when: a page that shows old data says so. */
export function LiveState() {
  const state = useFreshness();
  if (state === undefined) return null;
  const words = {
    live: "Live",
    connecting: "Connecting…",
    reconnecting: "Reconnecting…",
    stale: `Stale since ${clock(state.since_ms, Date.now())}, reconnecting`,
  };
  return (
    <span className={`${styles.state} ${styles[state.freshness]}`} role="status">
      <i aria-hidden="true" />
      {words[state.freshness]}
    </span>
  );
}
