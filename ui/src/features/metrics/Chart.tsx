import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useAppearance } from "../../design/appearance";
import { duration, full } from "../../design/time";
import { drawnSpan, seriesOf } from "./measures";
import styles from "./metrics.module.css";
import type { Point } from "./query";

const HEIGHT_PX = 220;
const NEAR_PX = 14;

/** Times as everywhere else in the pages: a clock of 24 hours, the day below it where it changes. From the widest step of the axis to the narrowest. */
const DAY_S = 86_400;
const clock: (string | number | null)[][] = [
  [365 * DAY_S, "{YYYY}", null, null, null, null, null, null, 1],
  [28 * DAY_S, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [DAY_S, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
];

/** Durations over time: a dot for each attempt, a ring for each that failed, lines for what is usual. A press on a point opens its release. */
export function Chart({ points }: { points: readonly Point[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const appearance = useAppearance();
  const { points: sorted, series } = useMemo(() => seriesOf(points), [points]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew when the theme changes
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const plot = new uPlot(options(element, series.times), [series.times, series.took, series.failed, series.p50, series.p90], element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    const open = () => {
      const index = plot.cursor.idx;
      const point = index == null ? undefined : sorted[index];
      const value = index == null ? null : (series.took[index] ?? series.failed[index] ?? null);
      if (point === undefined || value === null || plot.cursor.top == null) return;
      if (Math.abs(plot.valToPos(value, "y") - plot.cursor.top) > NEAR_PX) return;
      void navigate({ to: "/p/$pipeline/releases/$number", params: { pipeline: point.pipeline, number: point.release } });
    };
    plot.over.addEventListener("click", open);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [series, sorted, navigate, appearance]);
  return <div ref={frame} className={styles.chart} role="img" aria-label="Durations over time; the table below has the figures" />;
}

function options(element: HTMLElement, times: readonly number[]): uPlot.Options {
  const colours = getComputedStyle(element);
  const colour = (name: string) => colours.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--text-3"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${colour("--font")}`,
  };
  const minutes = (value: number | null) => (value == null ? "" : duration(value * 60_000));
  const line = (label: string, name: string, dash?: number[]): uPlot.Series => ({
    label,
    stroke: colour(name),
    width: 1.5,
    points: { show: false },
    value: (_, value) => minutes(value),
    ...(dash === undefined ? {} : { dash }),
  });
  const dots = (label: string, name: string, points: uPlot.Series.Points): uPlot.Series => ({
    label,
    stroke: colour(name),
    paths: () => null,
    points: { show: true, ...points },
    value: (_, value) => minutes(value),
  });
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    cursor: { y: false, points: { size: 9 } },
    scales: {
      x: { range: (_, from, until) => drawnSpan(times, from, until) },
      y: { range: (_, __, most) => [0, Math.max(most * 1.08, 0.1)] },
    },
    axes: [
      { ...axis, values: clock },
      { ...axis, size: 64, values: (_, values) => values.map((value) => duration(value * 60_000)) },
    ],
    series: [
      { label: "", value: (_, value) => (value == null ? "Point at the chart for its figures" : full(value * 1_000)) },
      dots("took", "--run", { size: 5, fill: colour("--run") }),
      dots("failed", "--bad", { size: 9, width: 2, fill: colour("--surface") }),
      line("usual (median of 15)", "--text-2"),
      line("nine of ten", "--text-3", [5, 4]),
    ],
  };
}
