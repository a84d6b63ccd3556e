import type { Schemas } from "../../api/client";
import { duration } from "../../design/time";

export type Waiting = Schemas["ApprovalView"];
export type Evidence = { text: string; tone: "ok" | "wait" | "bad" | "idle" };

/** How one waiting approval is named in an address. */
export function keyOf(item: Pick<Waiting, "pipeline" | "release" | "gate">): string {
  return `${item.pipeline}/${item.release}/${item.gate.key}`;
}

/** Who can decide first, then the oldest. */
export function sorted(items: readonly Waiting[]): Waiting[] {
  return items.toSorted((one, other) => one.arrived_at - other.arrived_at);
}

/** What was seen of a release before it came to this gate, in a few words. */
export function evidenceOf(seen: Schemas["Evidence"]): Evidence[] {
  const found: Evidence[] = [];
  const jobs = seen.jobs_passed + seen.jobs_failed;
  if (jobs > 0) found.push({ text: `jobs ${seen.jobs_passed}/${jobs}`, tone: seen.jobs_failed === 0 ? "ok" : "bad" });
  if (seen.jobs_retried > 0) found.push({ text: `${seen.jobs_retried} needed more than one attempt`, tone: "wait" });
  const bakes = seen.bakes_passed + seen.bakes_not_passed;
  if (bakes > 0) {
    const baked = seen.baked_ms > 0 ? `, ${duration(seen.baked_ms)}` : "";
    found.push({ text: `bakes ${seen.bakes_passed}/${bakes}${baked}`, tone: seen.bakes_not_passed === 0 ? "ok" : "wait" });
  }
  if (seen.alarms_bad > 0) found.push({ text: `${seen.alarms_bad} ${seen.alarms_bad === 1 ? "alarm fires" : "alarms fire"}`, tone: "bad" });
  if (seen.alarms_unread > 0) found.push({ text: `${seen.alarms_unread} alarms cannot be read`, tone: "wait" });
  if (seen.alarms_bad === 0 && seen.alarms_ok > 0) found.push({ text: `alarms ok ${seen.alarms_ok}`, tone: "ok" });
  if (seen.overrides > 0) found.push({ text: `${seen.overrides} ${seen.overrides === 1 ? "gate" : "gates"} overridden`, tone: "wait" });
  return found;
}

/** `1 of 2 given`, when more than one is needed. */
export function givenText(gate: Schemas["GateView"]): string {
  return gate.needed == null ? "" : `${gate.approvals.length}/${gate.needed} given`;
}
