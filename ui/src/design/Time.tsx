import { useAppearance } from "./appearance";
import { useNow } from "./clock";
import { age, clock, duration, full, relative, utc } from "./time";

/** A moment: relative by default, as the reader's settings say, with both zones in the tooltip. */
export function Time({ at, as = "relative" }: { at: number; as?: "relative" | "age" | "clock" }) {
  const now = useNow();
  const { times } = useAppearance();
  const text =
    as === "clock"
      ? times === "utc"
        ? utc(at).replace(/^.*, /, "")
        : clock(at, now)
      : times === "relative"
        ? as === "age"
          ? age(at, now)
          : relative(at, now)
        : times === "utc"
          ? utc(at)
          : clock(at, now);
  return (
    <time dateTime={new Date(at).toISOString()} title={full(at)}>
      {text}
    </time>
  );
}

/** Time left until `at`: `12m left`; nothing once it is over. */
export function Left({ at, over = "due" }: { at: number; over?: string }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={full(at)}>
      {at > now ? `${duration(at - now)} left` : over}
    </time>
  );
}

/** How long something has taken so far, or took. */
export function Took({ from, to }: { from: number; to?: number | null | undefined }) {
  const now = useNow();
  return <span className="num">{duration((to ?? now) - from)}</span>;
}
