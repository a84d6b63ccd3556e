import type { Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import { isWaiting } from "./gate";
import { type Gate, gatesOf, placeOf } from "./layout";
import type { Change } from "./rows";
import { type Front, type Stage, spanOfPassage, spanOfTarget, type Wave } from "./span";

export type StepState = "reached" | "partly" | "moving" | "waits" | "failed" | "next";

/** Where a commit stands with one wave. */
export type Step = {
  key: string;
  name: string;
  stage: string;
  wave: Wave;
  state: StepState;
  reached: number;
  of: number;
  /** Targets that do not have it although others of the wave do, or that failed with it. */
  without: readonly Front[];
  gate: Gate | undefined;
  /** When its release finished there, or went in. */
  at: number | undefined;
  /** When it will probably be there. */
  expected: number | undefined;
  /** How long the wave usually takes. */
  usual_ms: number | undefined;
};

export function whereIs(n: number, stages: readonly Stage[]): Step[] {
  const gates = gatesOf(stages);
  let blocked = false;
  return stages.flatMap((stage) =>
    stage.waves.map((wave): Step => {
      const gate = gates.get(wave);
      const waits = !blocked && gate !== undefined && isWaiting(gate) && (gate.change ?? 0) >= n;
      const step = stepOf(n, stage, wave, waits ? gate : undefined);
      if (step.state !== "reached") blocked = true;
      return step;
    }),
  );
}

function stepOf(n: number, stage: Stage, wave: Wave, gate: Gate | undefined): Step {
  const has = (front: Front) => (spanOfTarget(front).live ?? -1) >= n;
  const base = {
    key: placeOf(stage, wave),
    name: waveName(stage.name, wave.name),
    stage: stage.name,
    wave,
    gate: undefined,
    at: undefined,
    expected: undefined,
    usual_ms: undefined,
  };
  if (wave.targets.length === 0) {
    const span = spanOfPassage(wave);
    const state = (span.live ?? -1) >= n ? "reached" : (span.incoming ?? -1) >= n ? "moving" : gate ? "waits" : "next";
    return { ...base, state, reached: 0, of: 0, without: [], gate: state === "waits" ? gate : undefined };
  }
  const reached = wave.targets.filter(has);
  const without = wave.targets.filter((front) => !has(front));
  const counts = { reached: reached.length, of: wave.targets.length };
  if (without.length === 0) return { ...base, ...counts, state: "reached", without };
  if (without.some((front) => front.state === "failed" || (front.left ?? -1) >= n)) return { ...base, ...counts, state: "failed", without };
  if (without.some((front) => (front.incoming ?? -1) >= n)) return { ...base, ...counts, state: "moving", without };
  if (gate !== undefined) return { ...base, ...counts, state: "waits", without, gate };
  return { ...base, ...counts, state: reached.length > 0 ? "partly" : "next", without };
}

/** The gate at which the commit waits, if it waits at one. */
export function waitsAt(n: number, stages: readonly Stage[]): Step | undefined {
  return whereIs(n, stages).find((step) => step.state === "waits");
}

/** The release that takes the commit along: its own, the one that superseded it, or the next one made after it. */
export function carrierOf(change: Change, changes: readonly Change[]): number | undefined {
  if (change.release != null && change.superseded_by == null) return change.release;
  if (change.superseded_by != null) {
    const next = changes.find((each) => each.release === change.superseded_by);
    return next === undefined || next === change || next.superseded_by == null ? change.superseded_by : carrierOf(next, changes);
  }
  const newer = changes.filter((each) => each.n > change.n && each.release != null).at(-1);
  return newer === undefined ? undefined : carrierOf(newer, changes);
}

/** Says when each wave was reached, from what the carrying release did there. */
export function withTimes(steps: readonly Step[], waves: readonly Schemas["WaveView"][]): Step[] {
  const times = new Map(waves.map((wave) => [waveName(wave.stage, wave.wave), wave.ended_at ?? wave.entered_at ?? undefined]));
  return steps.map((step) => (step.state === "reached" ? { ...step, at: times.get(step.name) } : step));
}

/** How long each wave usually takes: its slowest target's median, since its targets go side by side (W2). */
export function usualTimes(targets: readonly Schemas["TargetView"][]): Map<string, number> {
  const usual = new Map<string, number>();
  for (const target of targets) {
    const took = target.history.flatMap((rollout) =>
      rollout.direction.kind === "forward" && rollout.state === "succeeded" && rollout.ended_at != null
        ? [rollout.ended_at - rollout.started_at]
        : [],
    );
    const middle = median(took);
    if (middle === undefined) continue;
    const key = waveName(target.stage, target.wave);
    usual.set(key, Math.max(usual.get(key) ?? 0, middle));
  }
  return usual;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >>> 1;
  if (sorted.length % 2 === 1) return sorted[middle];
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** Adds what is to be expected. A wait without a known end (a person, an alarm) ends the sum: nobody can know. */
export function withExpectations(steps: readonly Step[], usual: ReadonlyMap<string, number>, now_ms: number): Step[] {
  let at: number | undefined = now_ms;
  return steps.map((step) => {
    if (step.state === "reached") return step;
    const usual_ms = usual.get(step.name);
    if (step.state === "failed") at = undefined;
    if (step.state === "waits") at = step.gate?.until != null && at !== undefined ? Math.max(at, step.gate.until) : undefined;
    const since = Math.min(...step.without.flatMap((front) => (front.state === "deploying" && front.since != null ? [front.since] : [])));
    const start: number | undefined = step.state === "moving" && Number.isFinite(since) ? since : at;
    at = start === undefined || usual_ms === undefined ? undefined : Math.max(now_ms, start + usual_ms);
    return { ...step, usual_ms, expected: at };
  });
}
