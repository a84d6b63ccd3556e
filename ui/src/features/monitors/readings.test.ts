import { expect, test } from "vitest";
import { barsOf, summaryOf } from "./readings";

const readings = [
  { at: 1, kind: "ok", value: 200 },
  { at: 2, kind: "bad", value: 800 },
  { at: 3, kind: "unreadable" },
] as const;

test("values are bars of their own height, and what has none is told by its kind", () => {
  expect(barsOf(readings).map((bar) => bar.share)).toEqual([0.25, 1, 0]);
  expect(
    barsOf([
      { at: 1, kind: "bad" },
      { at: 2, kind: "ok" },
    ]).map((bar) => bar.share),
  ).toEqual([1, 0.25]);
  expect(barsOf([{ at: 1, kind: "ok", value: 0 }])[0]?.share).toBe(0.1);
});

test("the same is said in words", () => {
  expect(summaryOf(readings)).toBe("The last 3 readings: 1 bad, 1 could not be read");
  expect(summaryOf([{ at: 1, kind: "ok" }])).toBe("The last 1 readings: all OK");
});
