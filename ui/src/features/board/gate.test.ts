import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { connector } from "./gate";

const gate = (kind: Schemas["GateKind"], state: Schemas["GateState"], more: Partial<Schemas["GateView"]> = {}): Schemas["GateView"] => ({
  key: `prod/gates/${kind}`,
  kind,
  state,
  name: kind,
  approvals: [],
  can_act: false,
  from: [],
  overridden: false,
  reason: "",
  ...more,
});
function wave(gates: Schemas["GateView"][], waits_for?: Schemas["WaitReason"][]): Schemas["BoardWave"] {
  const waiting = waits_for ? [{ release: 7, change: 9, sha: "abc", title: "t", digest: "d", held: 3, arrived_at: 1, waits_for }] : [];
  return { name: "w", targets: [], gates, waiting, lane: { key: "prod/w", policy: "supersede", inside: [] } };
}

test("without a gate there is only an arrow", () => expect(connector(wave([])).isThin).toBe(true));

test("an idle gate keeps its glyph", () => {
  const shown = connector(wave([gate("window", "idle", { name: "office-hours" })]));
  expect([shown.glyph, shown.title, shown.isThin]).toEqual(["window", "Window office-hours", false]);
});

test("an approval shows how many have said yes, and leads to the review", () => {
  const given = { at: 1, by: { kind: "engine" } as const, digest: "d", reason: "" };
  const shown = connector(
    wave([gate("approval", "closed", { needed: 2, approvals: [given] })], [{ kind: "approval", detail: "", since: 1 }]),
  );
  expect([shown.title, shown.act, shown.tone]).toEqual(["Approval 1/2", "review", "wait"]);
});

test("a rejection is grey and says so", () => {
  const shown = connector(wave([gate("approval", "rejected")], [{ kind: "approval", detail: "", since: 1 }]));
  expect([shown.title, shown.tone]).toEqual(["Rejected", "idle"]);
});

test("what only a person can end comes before what ends by itself", () => {
  const shown = connector(
    wave(
      [gate("window", "closed")],
      [
        { kind: "lane", detail: "#6 is inside", since: 1 },
        { kind: "window", detail: "opens Monday", since: 1, until: 99 },
        { kind: "hold", detail: "held by Ana", since: 1, subject: "h1" },
      ],
    ),
  );
  expect([shown.title, shown.act, shown.hold, shown.more.map((reason) => reason.kind)]).toEqual(["Held", "lift", "h1", ["window", "lane"]]);
});

test("while the wave before bakes, the way on says until when", () => {
  const front = { name: "a", state: "baking" as const, since: 10, until: 90 };
  const shown = connector(wave([gate("window", "idle")]), { ...wave([]), targets: [front, { ...front, until: 120 }] });
  expect([shown.title, shown.since, shown.until]).toEqual(["Bakes", 10, 120]);
});
