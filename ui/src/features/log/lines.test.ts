import { expect, test } from "vitest";
import { fragmentOf, rangeOf } from "./fragment";
import { firstFailingLine, foldsOf, groupStarts, holds, isError, lineKind, nextOf } from "./lines";

const log = [
  "--- artifact shop (9728 bytes)",
  "--- step 1 of 2: prepare",
  "prepared",
  "--- exit code 0 after 30 ms",
  "--- step 2 of 2: test",
  "running 214 tests",
  "\u001b[31mFAIL\u001b[0m refund_idempotency",
  "  assertion failed: 200 != 409",
  "--- exit code 1 after 1.2 s",
];
const marks = (lines: string[], from = 0) => lines.flatMap((text, at) => (text.startsWith("--- ") ? [{ line: from + at, text }] : []));
const errors = (lines: string[]) => lines.flatMap((text, line) => (isError(text) ? [line] : []));
const failingLine = (lines: string[]) => firstFailingLine(foldsOf(marks(lines), lines.length), errors(lines), lines.length);

test("what reports a failure is an error, what only names one is not", () => {
  expect(log.map(lineKind)).toEqual(["notice", "step", "text", "end", "step", "text", "error", "error", "error"]);
  for (const line of ["214 passed, 0 failed", "errors: 0", "--fail-on-error", "no errors found", "writes error_log", "infallible"])
    expect([line, lineKind(line)]).toEqual([line, "text"]);
  for (const line of ["error: 1 of 214 tests failed", "thread 'main' panicked at src/main.rs", "Traceback (most recent call last):"])
    expect([line, lineKind(line), isError(line)]).toEqual([line, "error", true]);
});

test("steps fold with how long they took and whether they failed", () => {
  expect(foldsOf(marks(log), log.length)).toEqual([
    { name: "prepare", first: 1, last: 3, took: "30 ms", failed: false },
    { name: "test", first: 4, last: 8, took: "1.2 s", failed: true },
  ]);
});

test("a log that grows goes on with the groups it had", () => {
  const before = foldsOf(marks(log.slice(0, 6)), 6);
  expect(before.at(-1)).toEqual({ name: "test", first: 4, last: 5, took: null, failed: false });
  expect(foldsOf(marks(log.slice(6), 6), log.length, before)).toEqual(foldsOf(marks(log), log.length));
});

test("reading begins at the first error of the step that failed", () => {
  expect(failingLine(log)).toBe(6);
  const silent = ["error in a step that passed", "--- step 1 of 1: quiet", "last words", "--- exit code 3 after 5 ms"];
  expect(failingLine(silent)).toBe(2);
  expect(failingLine(["all well", "all well"])).toBeUndefined();
});

test("next and previous go round, by groups of lines", () => {
  const errors = groupStarts([3, 4, 5, 9, 20, 21]);
  expect(errors).toEqual([3, 9, 20]);
  expect(nextOf(errors, 9, 1)).toBe(20);
  expect(nextOf(errors, 20, 1)).toBe(3);
  expect(nextOf(errors, 3, -1)).toBe(20);
  expect(nextOf([], 3, 1)).toBeUndefined();
});

test("search sees what a reader sees", () => {
  expect(holds("re\u001b[31mfund\u001b[0m_id", "refund_id", false)).toBe(true);
  expect(holds("REFUND", "refund", true)).toBe(true);
  expect(holds("REFUND", "refund", false)).toBe(false);
  expect(holds("\u001b[31mred", "31m", false)).toBe(false);
});

test("lines in addresses are counted from one and read in any order", () => {
  expect(rangeOf("#L88-L92")).toEqual({ first: 87, last: 91 });
  expect(rangeOf("L92-88")).toEqual({ first: 87, last: 91 });
  expect(rangeOf("#L0")).toBeUndefined();
  expect(rangeOf("#top")).toBeUndefined();
  expect(fragmentOf({ first: 87, last: 91 })).toBe("L88-L92");
  expect(fragmentOf({ first: 87, last: 87 })).toBe("L88");
});
