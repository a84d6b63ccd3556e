import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { choices, inPlace, lastGood, leftOut, steps } from "./rollback";

function target(name: string, release: number | null, good: number[], bad: number[] = []): Schemas["TargetView"] {
  return { name, release, good, bad, state: "live", stage: "prod", wave: "w1", fence: 1, history: [] };
}
const change = (n: number): Schemas["Change"] => ({ n, release: n, sha: `${n}`, title: "", author: "", at: 0, source: "" });

test("a target goes back to the newest release that was good there, not to one that is bad", () => {
  expect(lastGood(target("a", 9, [3, 5, 7, 9], [7]))).toBe(5);
  expect(lastGood(target("a", 9, [9]))).toBeNull();
  expect(lastGood(target("a", 5, [3, 5, 7]))).toBe(3);
});

test("a target that cannot go back says why it stays", () => {
  expect(steps([target("a", 9, [5, 9]), target("b", 9, [9]), target("c", null, [])], undefined)).toEqual([
    { name: "a", from: 9, to: 5, stays: undefined },
    { name: "b", from: 9, to: null, stays: "no earlier release was good there" },
    { name: "c", from: null, to: null, stays: "nothing runs there" },
  ]);
  expect(steps([target("a", 9, [5, 9])], 4)[0]?.stays).toBe("#4 was never good there");
});

test("the commits that are left out are those between where it goes and what runs, at any target", () => {
  const moving = steps([target("a", 9, [6, 9]), target("b", 8, [7, 8])], undefined);
  expect(leftOut(moving, [9, 8, 7, 6, 5].map(change)).map((each) => each.n)).toEqual([9, 8, 7]);
});

test("what can be chosen is what was good at some target of the place, newest first", () => {
  expect(choices([target("a", 9, [6, 9]), target("b", 8, [7, 8])])).toEqual([7, 6]);
});

test("a place holds its targets", () => {
  const one = target("a", 1, []);
  expect(inPlace(one, { kind: "wave", stage: "prod", wave: "w1" })).toBe(true);
  expect(inPlace(one, { kind: "wave", stage: "prod", wave: "w2" })).toBe(false);
  expect(inPlace(one, { kind: "target", target: "a" })).toBe(true);
});
