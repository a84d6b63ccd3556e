import { expect, test } from "vitest";
import { age, clock, duration, localTimes, relative } from "./time";

const minute = 60_000;

test.each([
  [0, "0s"],
  [400, "<1s"],
  [59_999, "59s"],
  [62_000, "1m 02s"],
  [42 * minute, "42m"],
  [130 * minute, "2h 10m"],
  [50 * 60 * minute, "2d 2h"],
])("%d ms read as %s", (ms, text) => expect(duration(ms)).toBe(text));

test("what is to come says in, what was says ago, and what is now says so", () => {
  expect(relative(1_000_000, 1_000_000 + 14 * minute)).toBe("14m ago");
  expect(relative(1_000_000 + 412 * minute, 1_000_000)).toBe("in 6h 52m");
  expect(relative(1_000_000, 1_002_000)).toBe("just now");
});

test("a clock that runs behind never shows a negative age", () => {
  expect(age(10_000, 5_000)).toBe("0s");
});

test("a moment in a sentence is told in the reader's own time", () => {
  const at = Date.parse("2026-11-21T11:27:19.147Z");
  expect(localTimes("watched until 2026-11-21T11:27:19.147Z.", at)).toBe(`watched until ${clock(at, at)}.`);
});
