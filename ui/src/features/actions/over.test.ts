import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { overBecause } from "./over";

const ana: Schemas["Actor"] = { kind: "person", id: "ana", groups: [], name: "Ana" };
const ben: Schemas["Actor"] = { kind: "person", id: "ben", groups: [], name: "Ben" };
const given = (by: Schemas["Actor"], reason = ""): Schemas["ApprovalGiven"] => ({ at: 0, by, digest: "", reason });
const gate = (more: Partial<Schemas["GateView"]>): Schemas["GateView"] => ({
  key: "prod/gates/approval",
  kind: "approval",
  name: "approval",
  state: "closed",
  reason: "",
  approvals: [],
  can_act: false,
  from: [],
  overridden: false,
  ...more,
});
const because = (more: Partial<Schemas["GateView"]>, newer?: number) =>
  overBecause({ gates: [gate(more)], overrides: [], superseded_by: null }, "prod/gates/approval", newer);

test("who approved, rejected or forced a gate is named", () => {
  expect(because({ state: "open", approvals: [given(ana), given(ben)] })).toBe("Ana and Ben have approved it");
  expect(because({ state: "rejected", rejected: given(ben, "they melt") })).toBe("Ben has rejected it: “they melt”");
  const forced = { at: 0, by: ana, gate: "prod/gates/approval", reason: "fire" };
  expect(overBecause({ gates: [gate({})], overrides: [forced] }, "prod/gates/approval", 8)).toBe("Ana has overridden the gate");
});

test("a release that was overtaken says by which", () => {
  expect(because({}, 8)).toBe("#8 took its place and carries its commits");
  expect(overBecause({ gates: [gate({})], overrides: [], superseded_by: 9 }, "prod/gates/approval", undefined)).toContain("#9");
});

test("what is not known yet is not made up", () => {
  expect(overBecause(undefined, "prod/gates/approval", undefined)).toBe("somebody decided, or a newer release took its place");
});
