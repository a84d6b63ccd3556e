import { useEffect, useMemo } from "react";
import type { Schemas } from "../../api/client";
import { type LineTime, lineTime } from "./line-times";
import type { LogState, LogStore } from "./store";

/** The time of each line since the attempt began; `null` where none is to be shown. */
export function useTimes(
  store: LogStore,
  attempt: Schemas["AttemptView"],
  shown: boolean,
  state: LogState,
): ((line: number) => LineTime | undefined) | null {
  const { phase, times, total } = state;
  useEffect(() => {
    if (shown && phase === "whole") void store.readTimes();
  }, [shown, phase, store]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store knows more of them when there are more marks or lines
  return useMemo(() => {
    if (!shown) return null;
    const began_at = attempt.leased_at ?? undefined;
    const steps = ofSteps(store, attempt);
    return (line) => {
      const after_ms = store.times.at(line) ?? steps.get(line);
      return after_ms === undefined ? undefined : lineTime(after_ms, began_at);
    };
  }, [store, attempt.steps, attempt.leased_at, shown, total, times]);
}

/** Of a log whose runner did not note any times, only those where steps begin and end are known. */
function ofSteps(store: LogStore, attempt: Schemas["AttemptView"]): ReadonlyMap<number, number> {
  const known = new Map<number, number>();
  store.folds.forEach((fold, index) => {
    const step = attempt.steps.find((each) => each.index === index);
    if (step === undefined) return;
    known.set(fold.first, step.started_after_ms);
    if (step.took_ms != null) known.set(fold.last, step.started_after_ms + step.took_ms);
  });
  return known;
}
