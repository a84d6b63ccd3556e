import type { Schemas } from "../../api/client";

type Target = Schemas["TargetView"];
type Change = Schemas["Change"];

/** Where one target would go, or why it stays. */
export type Step = { name: string; from: number | null; to: number | null; stays: string | undefined };

export function inPlace(target: Target, place: Schemas["Place"]): boolean {
  switch (place.kind) {
    case "target":
      return target.name === place.target;
    case "wave":
      return target.stage === place.stage && target.wave === place.wave;
    case "stage":
      return target.stage === place.stage;
  }
}

/** The release that runs at a target. */
export function running(target: Target): number | null {
  if (target.state === "deploying" || target.state === "baking") return target.release ?? null;
  return target.release ?? target.good.at(-1) ?? null;
}

/** The newest release that was good at this target and is not the one that runs (X2). */
export function lastGood(target: Target): number | null {
  const now = running(target);
  const bad = new Set(target.bad);
  const good = target.good.filter((release) => release !== now && !bad.has(release) && (now === null || release < now));
  return good.length === 0 ? null : Math.max(...good);
}

/** Every release that some target of the place could go back to, newest first. */
export function choices(targets: readonly Target[]): number[] {
  const all = new Set<number>();
  for (const target of targets) {
    const now = running(target);
    const bad = new Set(target.bad);
    for (const release of target.good) if (!bad.has(release) && (now === null || release < now)) all.add(release);
  }
  return [...all].sort((one, other) => other - one);
}

/** What would happen at each target; `to` undefined: each goes to its own last good release. */
export function steps(targets: readonly Target[], to: number | undefined): Step[] {
  return targets.map((target) => {
    const from = running(target);
    if (from === null) return { name: target.name, from, to: null, stays: "nothing runs there" };
    const destination = to ?? lastGood(target);
    if (destination === null) return { name: target.name, from, to: null, stays: "no earlier release was good there" };
    if (destination === from) return { name: target.name, from, to: from, stays: "runs it already" };
    if (!target.good.includes(destination)) return { name: target.name, from, to: null, stays: `#${destination} was never good there` };
    return { name: target.name, from, to: destination, stays: undefined };
  });
}

/** The commits that stop running somewhere: newer than the oldest destination, up to the newest that runs. */
export function leftOut(moving: readonly Step[], changes: readonly Change[]): Change[] {
  const order = new Map(changes.flatMap((change) => (change.release == null ? [] : [[change.release, change.n] as const])));
  const out = new Set<number>();
  for (const step of moving) {
    if (step.stays !== undefined || step.from === null || step.to === null) continue;
    const from = order.get(step.from);
    const to = order.get(step.to);
    if (from === undefined || to === undefined) continue;
    for (const change of changes) if (change.n > to && change.n <= from) out.add(change.n);
  }
  return changes.filter((change) => out.has(change.n));
}
