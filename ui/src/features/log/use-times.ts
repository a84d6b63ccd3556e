import { useMemo } from "react";
import type { Schemas } from "../../api/client";
import { duration } from "../../design/time";
import type { LogStore } from "./store";

/** The time since the attempt began, where steps begin and end. */
export function useTimes(
  store: LogStore,
  attempt: Schemas["AttemptView"],
  shown: boolean,
  total: number,
): ReadonlyMap<number, string> | null {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the steps' places are known anew when there are more lines
  return useMemo(() => {
    if (!shown) return null;
    const times = new Map<number, string>();
    store.folds.forEach((fold, index) => {
      const step = attempt.steps.find((each) => each.index === index);
      if (step === undefined) return;
      times.set(fold.first, seconds(step.started_after_ms));
      if (step.took_ms != null) times.set(fold.last, seconds(step.started_after_ms + step.took_ms));
    });
    return times;
  }, [store, attempt.steps, shown, total]);
}

function seconds(ms: number): string {
  return ms < 600_000 ? `${(ms / 1_000).toFixed(2)}s` : duration(ms);
}
