import { waveName } from "../../api/places";
import { isBlocked, isWaiting } from "./gate";
import { type GateAt, gatesOf, heldBetween, placeOf } from "./layout";
import { targetsOf } from "./progress";
import type { Change, RowIndex } from "./rows";
import { type Front, type Stage, spanOfTarget } from "./span";

export type Standing = Omit<GateAt, "x" | "width" | "isInner"> & { lane: string };

/** Every gate, in the order of the path. */
export function gatesStanding(stages: readonly Stage[]): Standing[] {
  const gates = gatesOf(stages);
  return stages.flatMap((stage) =>
    stage.waves.flatMap((wave) => {
      const gate = gates.get(wave);
      if (gate === undefined) return [];
      const place = placeOf(stage, wave);
      return [{ key: place, gate, stage: stage.name, wave: wave.name, place, name: waveName(stage.name, wave.name), lane: wave.lane }];
    }),
  );
}

/** Those at which something waits. */
export function waitingGates(stages: readonly Stage[]): Standing[] {
  return gatesStanding(stages).filter(({ gate }) => isWaiting(gate));
}

export type Summary = {
  head: Change | undefined;
  /** Commits that some target lacks, and the oldest of them if it is listed. `atLeast`: what is everywhere is older than all that is known. */
  missing: { count: number; atLeast: boolean; oldest: Change | undefined };
  deploying: number;
  waiting: { count: number; mine: number };
  /** `isBad`: something is wrong, and not only a person's no. */
  blocked: { name: string; reason: string; place: string; more: number; isBad: boolean } | undefined;
  everywhere: { change: Change | undefined; release: number | undefined };
  /** Targets on which nothing runs yet; what is everywhere is where anything is. */
  empty: number;
};

/** The strip above the front. `everywhere`: the first row that everything has. */
export function summaryOf(stages: readonly Stage[], index: RowIndex, everywhere: number): Summary {
  const above = index.rows.slice(0, everywhere).flatMap((row) => row.changes);
  const head = index.rows[0]?.changes[0];
  const oldest = oldestLive(stages);
  const isListed = everywhere < index.count;
  // Beyond the list the numbers still tell how many there are.
  const beyond = !isListed && head !== undefined && oldest?.live != null ? heldBetween(head.n, oldest.live) : undefined;
  const gates = waitingGates(stages);
  const stuck = gates.filter((standing) => isBlocked(standing.gate));
  const failed = targetsOf(stages).filter((target) => target.state === "failed" || target.state === "unknown");
  const all = [
    ...stuck.map(({ name, gate, place }) => ({
      name,
      reason: gate.alarm == null ? gate.reason : `${gate.alarm} in alarm`,
      place,
      isBad: gate.state !== "rejected",
    })),
    ...failed.map((target) => ({ name: target.name, reason: target.reason ?? target.state, place: target.name, isBad: true })),
  ];
  const [first] = all;
  return {
    head,
    missing: {
      count: Math.max(above.length, beyond ?? 0),
      atLeast: !isListed && beyond === undefined && index.count > 0,
      oldest: isListed ? above.at(-1) : undefined,
    },
    deploying: targetsOf(stages).filter((target) => target.state === "deploying" || target.state === "rolling_back").length,
    waiting: {
      count: gates.length - stuck.length,
      mine: gates.filter((standing) => standing.gate.canAct && !isBlocked(standing.gate)).length,
    },
    blocked: first === undefined ? undefined : { ...first, more: all.length - 1, isBad: all.some((each) => each.isBad) },
    empty: targetsOf(stages).filter((target) => target.state === "empty" || (target.state === "deploying" && target.live == null)).length,
    everywhere: { change: index.rows[everywhere]?.changes[0], release: oldest?.release ?? undefined },
  };
}

/** How many commits it takes to list the one that runs furthest behind, with some more below it. */
export function frontReach(stages: readonly Stage[], head: Change | undefined): number | undefined {
  const live = oldestLive(stages)?.live;
  return head === undefined || live == null ? undefined : heldBetween(head.n, live) + BELOW_FRONT;
}

const BELOW_FRONT = 3;

/** The target that is furthest behind, of those that count for what is everywhere. */
function oldestLive(stages: readonly Stage[]): Front | undefined {
  const counted = targetsOf(stages).filter((target) => target.state !== "held" && spanOfTarget(target).live !== undefined);
  return counted.reduce<Front | undefined>(
    (oldest, target) => (oldest === undefined || order(target) < order(oldest) ? target : oldest),
    undefined,
  );
}

function order(target: Front): number {
  return spanOfTarget(target).live ?? Number.POSITIVE_INFINITY;
}
