import { expect, test } from "vitest";
import { marked } from "./marks";

test("finds are marked within and across pieces", () => {
  expect(marked([{ text: "re", ink: "red" }, { text: "fund refund" }], "refund", true)).toEqual([
    { text: "re", ink: "red", mark: true },
    { text: "fund", mark: true },
    { text: " " },
    { text: "refund", mark: true },
  ]);
});

test("nothing found changes nothing", () => {
  const pieces = [{ text: "İstanbul" }];
  expect(marked(pieces, "x", true)).toBe(pieces);
  expect(marked(pieces, "", true)).toBe(pieces);
  expect(marked(pieces, "stanbul", true)).toEqual([{ text: "İ" }, { text: "stanbul", mark: true }]);
});
