import { expect, test } from "vitest";
import { at, change, changes, gate, medium, NOW, stage, target, wave } from "./front.fixture";
import { layoutOf } from "./layout";
import { problemsOf, step } from "./problems";
import { rangeOf } from "./range";
import { RowIndex, rowsOf } from "./rows";
import { rowSentence } from "./sentence";
import { shownRows } from "./shown";
import { summaryOf } from "./summary";
import { choose, limitOf, toggleOnly } from "./view-state";
import { carrierOf, median, waitsAt, whereIs, withExpectations } from "./where";

const { stages, changes: list } = medium();
const index = new RowIndex(rowsOf(list, new Set()));

test("a commit is told wave by wave: reached, failed, waiting, next", () => {
  expect(whereIs(at(7), stages).map((each) => `${each.name} ${each.state} ${each.reached}/${each.of}`)).toEqual([
    "build reached 0/0",
    "beta reached 1/1",
    "gamma reached 3/3",
    "prod · one-box reached 1/1",
    "prod · wave-1 waits 0/1",
    "prod · wave-2 next 0/3",
    "prod · wave-3 next 0/8",
    "prod · wave-4 next 0/14",
  ]);
  expect(whereIs(at(4), stages)[2]).toMatchObject({ state: "failed", reached: 2, of: 3 });
  expect(whereIs(at(2), stages)[1]).toMatchObject({ state: "moving" });
});

test("a commit waits at one gate only: the first that it has not passed", () => {
  expect(waitsAt(at(7), stages)?.name).toBe("prod · wave-1");
  expect(waitsAt(at(0), stages)).toBeUndefined();
});

test("an option's name says everything that its row shows", () => {
  const row = index.rows[7];
  if (row === undefined) throw new Error("row 7 is missing");
  expect(rowSentence(row, stages, 5, 31, NOW)).toBe(
    `${row.changes[0].sha.slice(0, 7)}, Commit number 993, by Mira Okafor, on 5 of 31 targets, waits before prod · wave-1: waits for the approval`,
  );
});

test("a superseded commit names who carries it, a quarantined one says so", () => {
  expect(rowSentence(index.rows[2] ?? fail(), stages, 1, 31, NOW)).toContain("superseded, carried by #999");
  expect(rowSentence(index.rows[8] ?? fail(), stages, 5, 31, NOW)).toContain("#992 is quarantined");
});

test("the carrier is the own release, the one that superseded it, or the next one after it", () => {
  const commits = [
    change(1_000, { release: 60 }),
    change(999, { release: 59, state: "superseded", superseded_by: 60 }),
    change(998, { release: null }),
    change(997, { release: 57 }),
  ];
  expect(commits.map((each) => carrierOf(each, commits))).toEqual([60, 60, 60, 57]);
  expect(carrierOf(change(1_001, { release: null }), commits)).toBeUndefined();
});

test("estimates add up medians from where the commit waits, and stop at what nobody can know", () => {
  const path = [
    stage("a", [wave("", [target("a/1", 9)], { gate: gate("window", 3, 6, { until: NOW + 60_000 }) })]),
    stage("b", [wave("", [target("b/1", 12)])]),
  ];
  const usual = new Map([
    ["a", 10_000],
    ["b", 5_000],
  ]);
  expect(withExpectations(whereIs(at(3), path), usual, NOW).map((each) => each.expected)).toEqual([NOW + 70_000, NOW + 75_000]);
  const approval = [stage("a", [wave("", [target("a/1", 9)], { gate: gate("approval", 3, 6) })]), ...path.slice(1)];
  expect(withExpectations(whereIs(at(3), approval), usual, NOW).map((each) => [each.expected, each.usual_ms])).toEqual([
    [undefined, 10_000],
    [undefined, 5_000],
  ]);
});

test("a wave that deploys already is expected from when it began, never in the past", () => {
  const path = [stage("a", [wave("", [target("a/1", 9, { state: "deploying", incoming: at(3), since: NOW - 50_000 })])])];
  expect(withExpectations(whereIs(at(3), path), new Map([["a", 60_000]]), NOW)[0]?.expected).toBe(NOW + 10_000);
  expect(withExpectations(whereIs(at(3), path), new Map([["a", 20_000]]), NOW)[0]?.expected).toBe(NOW);
});

test("the median of none is none", () => expect([median([]), median([3, 1, 2]), median([4, 1])]).toEqual([undefined, 2, 2.5]));

test("the strip says what is behind, what deploys, what waits, and what is blocked first", () => {
  expect(summaryOf(stages, index, 20)).toMatchObject({
    head: { n: at(0) },
    missing: { count: 20, atLeast: false, oldest: { n: at(19) } },
    deploying: 3,
    waiting: { count: 3, mine: 1 },
    blocked: { name: "prod · wave-3", reason: "p99-latency in alarm", more: 1 },
    everywhere: { change: { n: at(20) } },
  });
});

test("when the list ends before the divider the numbers still tell how many are missing", () => {
  const short = new RowIndex(rowsOf(changes(10), new Set()));
  expect(summaryOf(stages, short, short.count).missing).toEqual({ count: 20, atLeast: false, oldest: undefined });
});

test("n and p go round the gates and the targets in trouble, in the order of the path", () => {
  const problems = problemsOf(layoutOf(stages, "targets", "comfortable", 900), index);
  expect(problems.map((each) => (each.kind === "gate" ? each.place : each.key))).toEqual([
    "gamma/ap-northeast-1",
    "prod/one-box",
    "prod/wave-1",
    "prod/wave-2",
    "prod/ap-southeast-2",
    "prod/wave-3",
  ]);
  expect(step(problems, { gate: "prod/wave-3", column: undefined }, 1)).toBe(problems[0]);
  expect(step(problems, { gate: undefined, column: undefined }, -1)).toBe(problems.at(-1));
  expect(step([], { gate: undefined, column: undefined }, 1)).toBeUndefined();
});

test("two fronts bracket the rows that one place has and the other lacks, either way round", () => {
  expect(rangeOf(stages, index, "gamma", "prod/wave-1")).toEqual({ from: 6, to: 10 });
  expect(rangeOf(stages, index, "prod/wave-1", "gamma")).toEqual({ from: 6, to: 10 });
  expect(rangeOf(stages, index, "gamma", "nowhere")).toBeUndefined();
});

test("a filter leaves rows in their place and says which fit", () => {
  const rows = index.rows;
  expect([...(shownRows(rows, stages, { author: "Mira Okafor" }, undefined) ?? [])].slice(0, 3)).toEqual([1, 4, 7]);
  expect([...(shownRows(rows, stages, { only: "mine" }, "mira") ?? [])].slice(0, 3)).toEqual([1, 4, 7]);
  expect(shownRows(rows, stages, {}, "mira")).toBeUndefined();
  const held = [...(shownRows(rows, stages, { only: "blocked" }, undefined) ?? [])];
  expect(held.slice(0, 2)).toEqual([6, 7]);
  expect(held).not.toContain(20);
});

test("one panel takes the place of another in the address", () => {
  expect(choose({ commit: "abc", at: "prod/a", q: "x" }, { gate: "prod" })).toEqual({ gate: "prod", q: "x" });
  expect(choose({ gate: "prod" }, { commit: "abc" })).toEqual({ commit: "abc" });
  expect(choose({ commit: "abc" }, { from: "a", to: "b" })).toEqual({ from: "a", to: "b" });
  expect(choose({ q: "x" }, { q: "" })).toEqual({});
  expect(toggleOnly({ only: "mine" }, "blocked")).toBe("blocked,mine");
  expect(toggleOnly({ only: "mine" }, "mine")).toBeUndefined();
  expect([undefined, 7, 51, 9_999].map((limit) => limitOf(limit === undefined ? {} : { limit }))).toEqual([50, 50, 100, 200]);
});

function fail(): never {
  throw new Error("the fixture is shorter than it should be");
}
