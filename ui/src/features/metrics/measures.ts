import type { Tone } from "../../design/state";
import { duration } from "../../design/time";
import type { Metrics, Point, StepMeasure } from "./query";

export type Part = { name: string; ms: number; share: number; tone: Tone };

/** Where lead time goes, as shares of what the parts add up to; parts that are not known are left out. */
export function partsOf(split: Metrics["lead_split"]): Part[] {
  const named: [string, number | null | undefined, Tone][] = [
    ["commit to release", split.pickup_ms, "idle"],
    ["build", split.build_ms, "run"],
    ["gates", split.gates_ms, "wait"],
    ["deploy", split.deploy_ms, "ok"],
    ["bake", split.bake_ms, "idle"],
  ];
  const known = named.flatMap(([name, ms, tone]) => (ms == null ? [] : [{ name, ms, tone }]));
  const whole = known.reduce((sum, part) => sum + part.ms, 0);
  return known.map((part) => ({ ...part, share: whole === 0 ? 0 : part.ms / whole }));
}

/** `3.1 %`; nothing is not zero. */
export function percent(share: number | null | undefined): string {
  return share == null ? "–" : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

export function took(ms: number | null | undefined): string {
  return ms == null ? "–" : duration(ms);
}

/** `6.4` a day, `0.3` a day; what is rare is not nothing. */
export function perDay(value: number): string {
  return value.toFixed(value >= 10 ? 0 : value > 0 && value < 0.1 ? 2 : 1);
}

/** Columns of a chart: seconds and durations, and which point each is. */
export type Series = {
  times: number[];
  took: (number | null)[];
  failed: (number | null)[];
  p50: (number | null)[];
  p90: (number | null)[];
};

const WINDOW = 15;

/** Points in time order with the running median and 90th percentile of what succeeded: what is usual now, not over all of the period. */
export function seriesOf(points: readonly Point[]): { points: Point[]; series: Series } {
  const sorted = points.toSorted((one, other) => one.at - other.at);
  const series: Series = { times: [], took: [], failed: [], p50: [], p90: [] };
  const recent: number[] = [];
  for (const point of sorted) {
    const minutes = point.took_ms / 60_000;
    series.times.push(point.at / 1_000);
    series.took.push(point.failed ? null : minutes);
    series.failed.push(point.failed ? minutes : null);
    if (!point.failed) recent.push(minutes);
    if (recent.length > WINDOW) recent.shift();
    series.p50.push(quantile(recent, 0.5));
    series.p90.push(quantile(recent, 0.9));
  }
  return { points: sorted, series };
}

export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const [first, next] = [sorted[low] ?? 0, sorted[Math.min(low + 1, sorted.length - 1)] ?? 0];
  return first + (next - first) * (at - low);
}

const HALF_AN_HOUR_S = 1_800;

/** What the chart shows from left to right, in seconds: what is asked for; a single attempt in the middle of an hour, and not of years. */
export function drawnSpan(times: readonly number[], from_s: number, until_s: number): [from_s: number, until_s: number] {
  const [only, another] = times;
  return only === undefined || another !== undefined ? [from_s, until_s] : [only - HALF_AN_HOUR_S, only + HALF_AN_HOUR_S];
}

/** How one step is named in an address: its stage and job. */
export function stepKey(step: Pick<StepMeasure, "stage" | "job">): string {
  return `${step.stage}/${step.job}`;
}

/** Heights of a small bar chart, 0 to 1. */
export function bars(counts: readonly number[]): number[] {
  const most = Math.max(1, ...counts);
  return counts.map((count) => count / most);
}
