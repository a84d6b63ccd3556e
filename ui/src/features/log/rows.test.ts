import { expect, test } from "vitest";
import { contentTop, MAX_SCROLL_PX, Rows, scaleOf, scrollTopFor, wrappedHeight } from "./rows";

test("without folds and wrapping a line is a row", () => {
  const rows = new Rows(2_000_000);
  expect(rows.rows).toBe(2_000_000);
  expect(rows.lineAt(1_999_999)).toBe(1_999_999);
  expect(rows.rowOf(5)).toBe(5);
});

test("folded lines take no row and wrapped ones several, and both directions agree", () => {
  const heights = [1, 3, 0, 0, 2, 1];
  const rows = new Rows(heights.length, (line) => heights[line] ?? 1);
  expect(rows.rows).toBe(7);
  expect([0, 1, 2, 3, 4, 5, 6].map((row) => rows.lineAt(row))).toEqual([0, 1, 1, 1, 4, 4, 5]);
  expect(rows.rowOf(4)).toBe(4);
  expect(rows.rowOf(2)).toBe(4);
});

test("a log that grows measures only what is new", () => {
  const measured: number[] = [];
  const rows = new Rows(3, (line) => {
    measured.push(line);
    return 2;
  });
  rows.grow(5);
  rows.grow(4_000);
  expect(measured.length).toBe(4_000);
  expect(rows.rows).toBe(8_000);
  expect(rows.lineAt(7_999)).toBe(3_999);
});

test("the first and the last line of two million can be reached by scrolling", () => {
  const scale = scaleOf(2_000_000, 20, 800);
  expect(scale.scroll_px).toBe(MAX_SCROLL_PX);
  expect(contentTop(scale, 0)).toBe(0);
  expect(contentTop(scale, MAX_SCROLL_PX - 800)).toBe(2_000_000 * 20 - 800);
  const top = 1_234_567 * 20;
  expect(contentTop(scale, scrollTopFor(scale, top))).toBeCloseTo(top, 3);
});

test("a short log is not scaled", () => {
  const scale = scaleOf(100, 20, 800);
  expect(contentTop(scale, 321)).toBeCloseTo(321);
  expect(contentTop(scaleOf(10, 20, 800), 50)).toBe(0);
});

test("wrapping takes a row for every begun width", () => {
  expect(wrappedHeight(0, 80)).toBe(1);
  expect(wrappedHeight(80, 80)).toBe(1);
  expect(wrappedHeight(81, 80)).toBe(2);
});
