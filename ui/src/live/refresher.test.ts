import { expect, test } from "vitest";
import { waitOf } from "./refresher";

test("the first fetch waits for nothing, the next ones for a second, and those that go on and on for four", () => {
  expect(waitOf([], 5)).toBe(0);
  expect(waitOf([1_000], 1_400)).toBe(600);
  expect(waitOf([1_000, 2_000], 2_100)).toBe(900);
  expect(waitOf([1_000, 2_000, 3_000], 3_100)).toBe(3_900);
});

test("after a quiet time it is quick again", () => {
  expect(waitOf([1_000, 2_000, 3_000], 30_000)).toBe(0);
  expect(waitOf([1_000, 2_000, 29_900], 30_000)).toBe(900);
});
