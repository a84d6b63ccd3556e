import { expect, test } from "vitest";
import { boxOf, Drawing, hasSigns, lookOf } from "./drawn";
import { large, medium } from "./front.fixture";
import { layoutOf, spanOf } from "./layout";
import { modelOf } from "./model";
import { partsOf } from "./shapes";

const data = large();
const { scale } = modelOf(data, new Set(), "dense");
const layout = layoutOf(data.stages, "targets", "dense", 1_060);

test("columns drawn together show every part of every column, in its look and place", () => {
  const wanted = layout.columns.flatMap((column) => {
    const box = boxOf(column.x, column.width, scale);
    return partsOf(spanOf(column.source), scale, column.queued).map((part) => {
      const inset = part.fill === "outline" ? 0.8 : 0;
      return `${lookOf(part, false)} at ${rounded(box.x + inset)},${rounded(part.y + 0.5 + inset)}`;
    });
  });
  const found = new Drawing()
    .patches(layout.columns, scale)
    .flatMap(({ drawn }) =>
      drawn.flatMap(({ look, d }) =>
        [...d.matchAll(/M([\d.]+) ([\d.]+)h/g)].map(([, x, y]) => `${look} at ${rounded(Number(x))},${rounded(Number(y))}`),
      ),
    );
  expect(found.length).toBeGreaterThan(480);
  expect(found.sort()).toEqual(wanted.sort());
});

test("caps lie on top of what they end", () => {
  for (const { drawn } of new Drawing().patches(layout.columns, scale)) {
    const looks = drawn.map(({ look }) => look.split("-")[0]);
    expect(looks.lastIndexOf("fill")).toBeLessThan(looks.indexOf("cap"));
  }
});

test("where nothing has changed, nothing is computed or drawn again", () => {
  const drawing = new Drawing();
  const before = drawing.patches(layout.columns, scale);
  expect(drawing.patches(layoutOf(data.stages, "targets", "dense", 1_060).columns, scale)).toEqual(before);
});

test("columns are drawn one by one where their caps have room for signs", () => {
  const few = medium();
  const comfortable = modelOf(few, new Set(), "comfortable").scale;
  expect(layoutOf(few.stages, "targets", "comfortable", 900).columns.every((column) => hasSigns(column, comfortable))).toBe(true);
  expect(layout.columns.some((column) => hasSigns(column, scale))).toBe(false);
});

function rounded(value: number): string {
  return (Math.round(value * 100) / 100).toFixed(2);
}
