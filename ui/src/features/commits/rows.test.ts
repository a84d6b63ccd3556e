import { expect, test } from "vitest";
import { change, changes } from "./front.fixture";
import { FOLD_FROM, findChange, foldOf, isBy, matches, pullRequests, RowIndex, rowsOf } from "./rows";

const merge = [change(1_000), ...Array.from({ length: 300 }, (_, row) => change(999 - row, { release: null, state: null })), change(699)];

test("300 commits that came with one merge are one row until it is unfolded", () => {
  const folded = rowsOf(merge, new Set());
  expect(folded.map((row) => [row.folded, row.changes.length])).toEqual([
    [false, 1],
    [true, 300],
    [false, 1],
  ]);
  expect(rowsOf(merge, new Set([folded[1]?.key ?? ""])).length).toBe(302);
});

test("a few commits between two releases are not folded", () => {
  const few = [change(1_000), ...Array.from({ length: FOLD_FROM - 1 }, (_, row) => change(999 - row, { release: null })), change(900)];
  expect(rowsOf(few, new Set()).every((row) => !row.folded)).toBe(true);
});

test("a link to a commit within a fold knows which fold to open", () => {
  const inside = merge[150];
  const after = merge[301];
  if (inside === undefined || after === undefined) throw new Error("the merge is shorter than it should be");
  expect(foldOf(merge, inside)).toBe("fold-999");
  expect(foldOf(merge, after)).toBeUndefined();
});

test("a number stands at the first row that it contains, also between numbers and within folds", () => {
  const index = new RowIndex(rowsOf(merge, new Set()));
  expect([1_005, 1_000, 999, 700, 699, 12].map((n) => index.rowOf(n))).toEqual([0, 0, 1, 1, 2, 3]);
});

test("what is newer than the list or between its commits is outside; what is older is not", () => {
  const index = new RowIndex(rowsOf([change(10), change(8)], new Set()));
  expect([11, 10, 9, 8, 7].map((n) => index.isOutside(n))).toEqual([true, false, true, false, false]);
});

test.each([
  ["Maya Lindqvist", "maya", true],
  ["maya@example.com", "maya", true],
  ["Mayable", "maya", false],
  ["Jonas Weber", "Jonas Weber", true],
])("a commit by %s is mine as %s: %s", (author, name, mine) => expect(isBy(author, name)).toBe(mine));

test("search finds the beginning of a sha, words of the title, an author and a release", () => {
  const one = change(990, { title: "Fix double refund", author: "Ana Silva" });
  const found = (text: string) => matches(one, { text });
  expect([one.sha.slice(0, 5), "DOUBLE", "silva", "#990", "#991", "nothing"].map(found)).toEqual([true, true, true, true, false, false]);
});

test("a commit is found by the beginning of its sha or by its number", () => {
  const list = changes(5);
  expect(findChange(list, list[2]?.sha.slice(0, 7))).toBe(list[2]);
  expect(findChange(list, "998")).toBe(list[2]);
  const short = list.map((change) => ({ ...change, sha: change.sha.slice(0, 12) }));
  expect(findChange(short, list[2]?.sha)).toBe(short[2]);
  expect(findChange(list, "zzz")).toBeUndefined();
});

test("each pull request is named once, the newest first", () => {
  const list = [change(3, { pull_request: 7 }), change(2), change(1, { pull_request: 12 }), change(0, { pull_request: 7 })];
  expect(pullRequests(list)).toEqual([12, 7]);
});
