import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { deviants, headline, isQuiet, lanes, majority, releaseOf, segments, shapeOf, shareDone, waveLook } from "./layout";

function front(name: string, live: number | null, state: Schemas["TargetState"] = "live"): Schemas["TargetFront"] {
  return { name, live, state };
}
function wave(name: string, targets: Schemas["TargetFront"][], more: Partial<Schemas["BoardWave"]> = {}): Schemas["BoardWave"] {
  return { name, targets, gates: [], waiting: [], lane: { key: name || "x", policy: "supersede", inside: [] }, ...more };
}
const stage = (name: string, waves: Schemas["BoardWave"][]): Schemas["BoardStage"] => ({ name, production: false, waves });

test("stages of one wave share a lane, a stage of many has its own", () => {
  const made = lanes([
    stage("build", [wave("", [])]),
    stage("beta", [wave("", [front("b", 1)])]),
    stage("prod", [wave("w1", [front("a", 1)]), wave("w2", [front("c", 1)])]),
  ]);
  expect(made.map((lane) => [lane.name, lane.cards.map((card) => card.title)])).toEqual([
    [undefined, ["build", "beta"]],
    ["prod", ["w1", "w2"]],
  ]);
  expect(made[1]?.summary).toBe("2 targets in 2 waves");
});

test("only quiet lanes are folded, and only when there are many", () => {
  const many = ["s1", "s2", "s3", "s4", "s5"].map((name, index) =>
    stage(name, [wave("w1", [front("a", 1)]), wave("w2", [front("b", 1, index === 2 ? "failed" : "live")])]),
  );
  expect(lanes(many).map((lane) => lane.isFolded)).toEqual([true, true, false, true, true]);
  expect(lanes(many.slice(0, 4)).some((lane) => lane.isFolded)).toBe(false);
});

test("a wave that is waited for is not quiet", () => {
  expect(isQuiet(wave("w", [front("a", 1), front("b", 1)]))).toBe(true);
  expect(isQuiet(wave("w", [front("a", 1), front("b", 2)]))).toBe(false);
  expect(isQuiet(wave("w", [front("a", 1)], { lane: { key: "w", policy: "supersede", inside: [4] } }))).toBe(false);
});

test("the header names what most targets run, the older when equal", () => {
  expect(majority([front("a", 3), front("b", 2), front("c", 3)])).toBe(3);
  expect(majority([front("a", 3), front("b", 2)])).toBe(2);
  expect(headline(wave("build", [], { through: 7, inside: 8 }))).toBe(8);
  expect(headline(wave("w", [front("a", null, "empty")]))).toBeUndefined();
});

test("the foot names the release that the header's commit came with, or the one that moves", () => {
  const occupied: Partial<Schemas["BoardWave"]> = { lane: { key: "w", policy: "supersede", inside: [5] } };
  const runs = { ...front("a", 1), release: 2 };
  expect(releaseOf(wave("w", [{ ...runs, state: "rolled_back" }], occupied))).toBe(2);
  expect(releaseOf(wave("w", [{ ...runs, state: "deploying", incoming: 4 }], occupied))).toBe(5);
  expect(releaseOf(wave("w", [front("a", null, "empty")]))).toBeUndefined();
});

test("a card shows its worst target, or how its jobs stand", () => {
  expect(waveLook(wave("w", [front("a", 1), front("b", 1, "failed")])).word).toBe("failed");
  expect(waveLook(wave("w", [], { jobs: { release: 1, total: 3, done: 1, running: 1, failed: 0 } })).word).toBe("running");
});

test("every target has its share of the bar", () => {
  const bar = segments([front("a", 1), front("b", 1, "deploying"), front("c", null, "empty"), front("d", 1)]);
  expect(bar.map((segment) => segment.word)).toEqual(["2 live", "1 deploying", "1 nothing yet"]);
});

test("of very many targets only those are named that differ", () => {
  const many = Array.from({ length: 30 }, (_, index) => front(`prod/r${index}`, 5));
  expect(shapeOf(many)).toBe("counted");
  expect(deviants([...many, front("prod/x", 4), front("prod/y", 5, "held")]).map((each) => each.name)).toEqual(["prod/x", "prod/y"]);
});

test("a rollout that takes longer than usual is not shown as done", () => {
  const moving = { ...front("a", 1, "deploying"), since: 1_000, usually_ms: 200 };
  expect([1_000, 1_100, 9_000].map((now) => shareDone(moving, now))).toEqual([0, 50, 99]);
  expect(shareDone(front("a", 1, "deploying"), 5)).toBeUndefined();
});
