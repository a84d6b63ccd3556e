import { expect, test } from "vitest";
import { bars, drawnSpan, partsOf, percent, perDay, quantile, seriesOf, stepKey, took } from "./measures";

const point = (at: number, took_ms: number, failed = false) => ({ pipeline: "shop", release: 1, at, took_ms, failed });

test("the parts of lead time share the whole, and what is not known is left out", () => {
  const parts = partsOf({ pickup_ms: 0, build_ms: 1_000, gates_ms: 3_000, deploy_ms: null });
  expect(parts.map((part) => [part.name, part.share])).toEqual([
    ["commit to release", 0],
    ["build", 0.25],
    ["gates", 0.75],
  ]);
  expect(partsOf({})).toEqual([]);
});

test("nothing is not zero", () => {
  expect([percent(null), percent(0), percent(0.031), percent(0.5)]).toEqual(["–", "0 %", "3.1 %", "50 %"]);
  expect([took(null), took(90_000)]).toEqual(["–", "1m 30s"]);
  expect([perDay(0.31), perDay(12.4), perDay(1 / 30), perDay(0)]).toEqual(["0.3", "12", "0.03", "0.0"]);
});

test("failures are drawn but do not count as durations", () => {
  const { points, series } = seriesOf([point(3_000, 600_000, true), point(1_000, 60_000), point(2_000, 180_000)]);
  expect(points.map((each) => each.at)).toEqual([1_000, 2_000, 3_000]);
  expect(series.took).toEqual([1, 3, null]);
  expect(series.failed).toEqual([null, null, 10]);
  expect(series.p50).toEqual([1, 2, 2]);
});

test("quantiles lie between their neighbours", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([10], 0.9)).toBe(10);
  expect(quantile([], 0.5)).toBeNull();
});

test("steps have addresses and bars have heights", () => {
  expect(stepKey({ stage: "prod", job: "deploy" })).toBe("prod/deploy");
  expect(bars([0, 2, 4])).toEqual([0, 0.5, 1]);
  expect(bars([0, 0])).toEqual([0, 0]);
});

test("a single attempt stands in the middle of an hour, and not of years", () => {
  expect(drawnSpan([10_000], 10_000, 86_410_000)).toEqual([8_200, 11_800]);
  expect(drawnSpan([10_000, 20_000], 10_000, 20_000)).toEqual([10_000, 20_000]);
});
