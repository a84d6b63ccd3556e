import { expect, test } from "vitest";
import { LineTimes, lineTime, sinceBegin } from "./line-times";

test("a line has the time of the mark that stands at it or before it", () => {
  const times = new LineTimes();
  expect(times.at(0)).toBeUndefined();
  times.put([
    [0, 0],
    [3, 120],
    [4, 900],
  ]);
  expect([0, 2, 3, 4, 500].map((line) => times.at(line))).toEqual([0, 0, 120, 900, 900]);
});

test("marks that come again, or in pieces out of order, replace what they speak of and nothing else", () => {
  const times = new LineTimes();
  times.put([
    [100, 5_000],
    [110, 6_000],
  ]);
  times.put([
    [0, 0],
    [10, 1_000],
  ]);
  times.put([
    [100, 5_000],
    [105, 5_500],
    [110, 6_000],
    [111, 6_010],
  ]);
  expect(times.size).toBe(6);
  expect([9, 10, 99, 104, 105, 110, 111].map((line) => times.at(line))).toEqual([0, 1_000, 1_000, 5_000, 5_500, 6_000, 6_010]);
  times.put([]);
  expect(times.size).toBe(6);
});

test("times are short, and to the second however long a job takes", () => {
  expect([0, 4, 91_629, 599_994, 600_000, 3_723_900].map(sinceBegin)).toEqual([
    "0.00s",
    "0.00s",
    "91.63s",
    "599.99s",
    "10m 00s",
    "1h 02m 03s",
  ]);
  expect(lineTime(1_000, undefined).title).toBe("");
  expect(lineTime(1_000, Date.UTC(2026, 0, 2, 3, 4, 5)).title).toContain("03:04:06");
});
