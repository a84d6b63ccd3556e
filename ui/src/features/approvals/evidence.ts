import type { Schemas } from "../../api/client";

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

/** What was seen of a release before it came to this gate: its jobs, bakes and checks so far, in a few words. */
export function evidenceOf(release: Schemas["ReleaseAnswer"]): Evidence[] {
  const found: Evidence[] = [];
  const ran = release.nodes.filter((node) => node.kind === "job" && node.attempts.length > 0);
  const passed = ran.filter((node) => node.state === "succeeded").length;
  if (ran.length > 0) found.push({ text: `jobs ${passed}/${ran.length}`, tone: passed === ran.length ? "ok" : "bad" });
  const again = ran.filter((node) => node.attempts.length > 1).length;
  if (again > 0) found.push({ text: `${again} needed more than one attempt`, tone: "wait" });
  const bakes = release.nodes.filter((node) => node.kind === "bake" && node.state != null && node.state !== "pending");
  const baked = bakes.filter((node) => node.state === "succeeded").length;
  if (bakes.length > 0) {
    const isBaking = bakes.some((node) => node.state === "baking");
    found.push({ text: `bakes ${baked}/${bakes.length}`, tone: baked === bakes.length ? "ok" : isBaking ? "wait" : "bad" });
  }
  for (const gate of release.gates) {
    if (gate.kind === "approval" || gate.state === "idle") continue;
    found.push({ text: `${gate.name} ${gate.state}`, tone: gate.state === "open" ? "ok" : gate.state === "unreadable" ? "bad" : "wait" });
  }
  if (release.overrides.length > 0) found.push({ text: `${release.overrides.length} overridden`, tone: "wait" });
  if (release.quarantine != null) found.push({ text: "quarantined", tone: "bad" });
  return found;
}

/** `1 of 2 given`, when more than one is needed. */
export function givenText(gate: Schemas["GateView"]): string {
  return gate.needed == null ? "" : `${gate.approvals.length}/${gate.needed} given`;
}
