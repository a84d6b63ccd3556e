import { waveName } from "../../api/places";
import { isBlocked, isWaiting } from "./gate";
import { type GateAt, gatesOf, placeOf } from "./layout";
import { targetsOf } from "./progress";
import type { Change, RowIndex } from "./rows";
import type { Stage } from "./span";

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
  /** Commits that some target lacks, and the oldest of them. `atLeast`: the list ends before the divider. */
  missing: { count: number; atLeast: boolean; oldest: Change | undefined };
  deploying: number;
  waiting: { count: number; mine: number };
  blocked: { name: string; reason: string; place: string; more: number } | undefined;
  everywhere: Change | undefined;
};

/** The strip above the front. `everywhere`: the first row that everything has. */
export function summaryOf(stages: readonly Stage[], index: RowIndex, everywhere: number): Summary {
  const above = index.rows.slice(0, everywhere).flatMap((row) => row.changes);
  const gates = waitingGates(stages);
  const stuck = gates.filter((standing) => isBlocked(standing.gate));
  const failed = targetsOf(stages).filter((target) => target.state === "failed" || target.state === "unknown");
  const all = [
    ...stuck.map(({ name, gate, place }) => ({ name, reason: gate.alarm == null ? gate.reason : `${gate.alarm} in alarm`, place })),
    ...failed.map((target) => ({ name: target.name, reason: target.reason ?? target.state, place: target.name })),
  ];
  const [first] = all;
  return {
    head: index.rows[0]?.changes[0],
    missing: { count: above.length, atLeast: everywhere === index.count && index.count > 0, oldest: above.at(-1) },
    deploying: targetsOf(stages).filter((target) => target.state === "deploying" || target.state === "rolling_back").length,
    waiting: { count: gates.length - stuck.length, mine: gates.filter((standing) => standing.gate.canAct).length },
    blocked: first === undefined ? undefined : { ...first, more: all.length - 1 },
    everywhere: index.rows[everywhere]?.changes[0],
  };
}
