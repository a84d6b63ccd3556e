import { expect, test } from "vitest";
import { byLine, type Finding, rangeOf, summary } from "./findings";

const finding = (line: number, severity: "error" | "warning"): Finding =>
  ({
    code: "unknown_key",
    severity,
    message: "no such key",
    file: "p.yaml",
    place: { start: 0, end: 1, line, column: 1, end_line: line, end_column: 2 },
  }) as Finding;

test("findings stand at their lines", () => {
  const lines = byLine([finding(3, "error"), finding(3, "warning"), finding(9, "error")]);
  expect([...lines].map(([line, list]) => [line, list.length])).toEqual([
    [3, 2],
    [9, 1],
  ]);
});

test("what was found reads as a sentence", () => {
  expect(summary([])).toBe("This file is valid.");
  expect(summary([finding(1, "error"), finding(2, "warning"), finding(3, "warning")])).toBe("1 error, 2 warnings");
});

test("lines in addresses are read in any order", () => {
  expect(rangeOf("#L14-L12")).toEqual({ first: 12, last: 14 });
  expect(rangeOf("#plan")).toBeUndefined();
});
