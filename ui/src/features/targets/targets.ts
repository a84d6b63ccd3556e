import type { Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import { duration } from "../../design/time";

export type Target = Schemas["TargetView"];
export type Rollout = Schemas["RolloutView"];

export type Group = { key: string; stage: string; wave: string; name: string; targets: readonly Target[]; different: number };

/** The targets by wave, in the order of the path; without those that the filter does not leave. */
export function groupsOf(targets: readonly Target[], filter: { q?: string | undefined; onlyDifferent: boolean }): Group[] {
  const groups: Group[] = [];
  for (const target of targets) {
    const name = waveName(target.stage, target.wave);
    let group = groups.find((each) => each.name === name);
    if (group === undefined) {
      group = { key: name, stage: target.stage, wave: target.wave, name, targets: [], different: 0 };
      groups.push(group);
    }
    const different = isDifferent(target);
    if (different) group.different += 1;
    if (fits(target, filter.q) && (!filter.onlyDifferent || different)) group.targets = [...group.targets, target];
  }
  return groups.filter((group) => group.targets.length > 0);
}

function fits(target: Target, q: string | undefined): boolean {
  if (q === undefined || q === "") return true;
  const wanted = q.toLowerCase();
  return [
    target.name,
    target.stage,
    target.wave,
    target.state,
    target.sha ?? "",
    target.title ?? "",
    target.release == null ? "" : `#${target.release}`,
  ].some((text) => text.toLowerCase().includes(wanted));
}

/** Runs something else than its neighbours, or is not in the settled state. Nothing yet, as nowhere beside it, is no difference. */
export function isDifferent(target: Target): boolean {
  return target.neighbours_run != null || target.flag != null || !["live", "baking", "empty"].includes(target.state);
}

/** A long name as what may be cut and what must not: neighbours differ in their last parts. */
export function nameParts(name: string): [cut: string, kept: string] {
  const at = name.length > 30 ? name.indexOf("/") : -1;
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at)];
}

/** What sets it apart from its wave, in words; undefined when nothing does. `others`: all targets of the pipeline. */
export function differenceOf(target: Target, others: readonly Target[]): string | undefined {
  const { neighbours_run } = target;
  if (neighbours_run == null) return undefined;
  if (target.release == null) return `its wave runs #${neighbours_run}`;
  const neighbour = others.find((each) => each.stage === target.stage && each.wave === target.wave && each.release === neighbours_run);
  const apart = apartBy(target.live, neighbour?.live);
  if (apart === undefined || apart === 0) return `its wave runs #${neighbours_run}`;
  const count = Math.abs(apart) === 1 ? "1 commit" : `${Math.abs(apart)} commits`;
  return apart > 0
    ? `${count} behind its wave, which runs #${neighbours_run}`
    : `${count} ahead of its wave, which runs #${neighbours_run}`;
}

/** Commits between two change numbers of one history; the upper half of a number counts histories. */
function apartBy(own: number | null | undefined, other: number | null | undefined): number | undefined {
  const history = 2 ** 32;
  if (own == null || other == null || Math.floor(own / history) !== Math.floor(other / history)) return undefined;
  return other - own;
}

/** How it came to run what it runs: the rollout that brought it, in words. */
export function arrivalOf(target: Target): { text: string; rollout: Rollout } | undefined {
  const rollout = target.history.find(
    (each) => each.release === target.release && (each.state === "succeeded" || each.state === "baking" || each.state === "running"),
  );
  if (rollout === undefined) return undefined;
  const how = rollout.direction.kind === "back" ? `rolled back from #${rollout.direction.from}` : "rolled out";
  const took = rollout.deployed_at == null ? "" : ` in ${duration(rollout.deployed_at - rollout.started_at)}`;
  return { text: how + took, rollout };
}

export type Line = {
  glyph: "ok" | "run" | "bad" | "back" | "bake" | "unknown" | "close";
  tone: "ok" | "run" | "bad" | "wait" | "idle";
  word: string;
};

/** How one deployment at a target ended, or stands. */
export function rolloutLine(rollout: Rollout): Line {
  const isBack = rollout.direction.kind === "back";
  switch (rollout.state) {
    case "running":
      return { glyph: isBack ? "back" : "run", tone: "run", word: isBack ? "rolling back" : "deploying" };
    case "baking":
      return { glyph: "bake", tone: "wait", word: "baking" };
    case "succeeded":
      return isBack ? { glyph: "back", tone: "bad", word: "rolled back to it" } : { glyph: "ok", tone: "ok", word: "rolled out" };
    case "failed":
      return { glyph: "bad", tone: "bad", word: isBack ? "rollback failed" : "failed" };
    case "unknown":
      return { glyph: "unknown", tone: "wait", word: "lost contact" };
    case "cancelled":
      return { glyph: "close", tone: "idle", word: "cancelled" };
    case "rolled_back":
      return { glyph: "back", tone: "bad", word: "taken off again" };
  }
}
