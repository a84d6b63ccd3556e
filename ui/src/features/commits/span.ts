import type { Schemas } from "../../api/client";
import type { Stage, Wave } from "../../api/progress";
import { worst } from "../../design/state";

export type Front = Schemas["TargetFront"];
export type { Stage, Wave } from "../../api/progress";

/** What one column of the front stands for: one target, or all of a wave or a stage. Numbers are change numbers. */
export type Span = {
  state: Schemas["TargetState"];
  /** Everything up to here is on every target of the column. Undefined: nothing is, or nobody knows. */
  live: number | undefined;
  /** Some target has everything up to here; equal to `live` for one target. */
  best: number | undefined;
  incoming: number | undefined;
  /** What a rollback took off. */
  left: number | undefined;
  /** How many targets run `best`, of how many; 0 of 0 for a wave that deploys nowhere. */
  runs: number;
  of: number;
  /** The first change whose path has the column; undefined: longer ago than is remembered. */
  first?: number | undefined;
};

/** Runs something whose commit is older than all that the server remembers: below every row. */
export const OLDER_THAN_KNOWN = -1;

export function spanOfTarget(front: Front): Span {
  const live = front.live ?? (front.release == null ? undefined : OLDER_THAN_KNOWN);
  return {
    state: front.state,
    live,
    best: live,
    incoming: front.incoming ?? failedAbove(front),
    left: front.left ?? undefined,
    runs: live === undefined ? 0 : 1,
    of: 1,
    first: front.first ?? undefined,
  };
}

/** What failed here, while it is not what runs: drawn where it would have come to. */
function failedAbove(front: Front): number | undefined {
  return front.state === "failed" && front.failed !== front.live ? (front.failed ?? undefined) : undefined;
}

/** A wave that deploys nowhere, such as a build: what came through, and what is inside. */
export function spanOfPassage(wave: Wave): Span {
  const through = wave.through ?? undefined;
  const inside = wave.inside ?? undefined;
  const isMoving = inside !== undefined && (through === undefined || inside > through);
  return {
    state: isMoving ? "deploying" : through === undefined ? "empty" : "live",
    live: through,
    best: through,
    incoming: isMoving ? inside : undefined,
    left: undefined,
    runs: 0,
    of: 0,
  };
}

/** Many targets as one: solid down from the worst, tinted up to the best. What is held does not count against the rest. */
export function spanOfTargets(fronts: readonly Front[]): Span {
  const spans = fronts.map(spanOfTarget);
  const moving = spans.filter((span) => span.state !== "held");
  const counted = moving.length > 0 ? moving : spans;
  const lives = counted.map((span) => span.live);
  const known = lives.filter((live) => live !== undefined);
  const best = known.length === 0 ? undefined : Math.max(...known);
  return {
    state: worst(counted.map((span) => span.state)) ?? "empty",
    live: known.length < lives.length || known.length === 0 ? undefined : Math.min(...known),
    best,
    incoming: highest(counted.map((span) => span.incoming)),
    left: highest(counted.map((span) => span.left)),
    runs: spans.filter((span) => span.live !== undefined && span.live === best).length,
    of: spans.length,
    first: spans.every((span) => span.first !== undefined) ? Math.min(...spans.map((span) => span.first ?? 0)) : undefined,
  };
}

export function spanOfWave(wave: Wave): Span {
  return wave.targets.length === 0 ? spanOfPassage(wave) : spanOfTargets(wave.targets);
}

export function spanOfStage(stage: Stage): Span {
  const targets = stage.waves.flatMap((wave) => wave.targets);
  const [only] = stage.waves;
  if (targets.length === 0 && only !== undefined) return spanOfPassage(stage.waves.at(-1) ?? only);
  return spanOfTargets(targets);
}

/** How far a wave that is being deployed will get: what its idle targets are queued for. */
export function queuedTo(wave: Wave): number | undefined {
  const busy = wave.targets.filter((target) => target.state === "deploying");
  if (busy.length === 0 || wave.targets.some((target) => target.state === "failed" || target.state === "rolling_back")) return undefined;
  return highest(busy.map((target) => target.incoming ?? undefined));
}

export function isQueued(front: Front, to: number | undefined): boolean {
  if (to === undefined || front.incoming != null) return false;
  return (front.state === "live" || front.state === "rolled_back" || front.state === "empty") && (front.live ?? -1) < to;
}

function highest(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
