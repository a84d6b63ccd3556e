import type { Schemas } from "../../api/client";
import { shortTarget } from "../../api/places";
import type { Look } from "../../design/state";
import { attemptLook, lookOf, type Node, nodeName, placeName, type Release, waveLook } from "./release";

/** A span of time: waiting from `queued`, at work from `started` to `ended`; what is open ends now. */
export type Span = { queued: number; started: number | null; ended: number | null; kind: "job" | "bake" | "wave" };

export type WaterfallRow = {
  id: string;
  kind: "wave" | "node" | "attempt";
  depth: number;
  name: string;
  /** With the whole name of its target. */
  hint: string;
  look: Look;
  span: Span | null;
  /** What a row without a span says instead. */
  note: string;
  node?: string;
  attempt?: number;
  /** Of a wave: whether its rows are shown, and how many there are. */
  open?: boolean;
  count?: number;
};

const MANY_ROWS = 60;

/**
 * The rows of the waterfall: waves in order, their jobs and bakes, attempts where there was more than one. What is all well is collapsed when there
 * is much, what has not begun always; what is not well never is, and neither is the selected node.
 */
export function waterfall(release: Release, opened: ReadonlyMap<string, boolean>, selected: string | undefined): WaterfallRow[] {
  const shown = release.nodes.filter(isShown);
  const isMuch = shown.length > MANY_ROWS;
  return release.waves.flatMap((wave) => {
    const id = placeName(wave.stage, wave.wave);
    const nodes = shown.filter((node) => node.stage === wave.stage && (node.wave ?? "") === wave.wave);
    const hasSelected = nodes.some((node) => node.key === selected);
    const begun = nodes.some((node) => node.attempts.length > 0 || node.state != null);
    const calm = wave.state === "completed" && nodes.every(isCalm);
    const open = hasSelected || (opened.get(id) ?? (begun && !(isMuch && calm)));
    const heading: WaterfallRow = {
      id,
      kind: "wave",
      depth: 0,
      name: id,
      hint: id,
      look: waveLook(wave.state),
      span: waveSpan(wave),
      note: wave.waits_for[0]?.detail ?? (wave.state == null ? "not started" : ""),
      open,
      count: nodes.length,
    };
    return open ? [heading, ...nodes.flatMap((node) => nodeRows(node, nodes))] : [heading];
  });
}

/** Milestones say nothing here; what stands aside (rollback, inspection) is shown once it was needed. */
function isShown(node: Node): boolean {
  if (node.kind === "milestone" || node.kind === "gate") return false;
  return !node.aside || node.attempts.length > 0 || (node.state != null && node.state !== "pending");
}

function isCalm(node: Node): boolean {
  return (node.state === "succeeded" || node.state === "skipped") && node.attempts.length <= 1;
}

/** Only as much of the target's name as tells it from the others of its wave. */
function shortName(node: Node, wave: readonly Node[]): string {
  const targets = [...new Set(wave.flatMap((each) => each.target ?? []))].map((name) => ({ name }));
  return node.target == null ? nodeName(node) : `${node.name} ${shortTarget({ name: node.target }, targets)}`;
}

function nodeRows(node: Node, wave: readonly Node[]): WaterfallRow[] {
  const row: WaterfallRow = {
    id: node.key,
    kind: "node",
    depth: 1,
    name: shortName(node, wave),
    hint: nodeName(node),
    look: lookOf(node),
    span: nodeSpan(node),
    note: node.reason || lookOf(node).word,
    node: node.key,
  };
  if (node.attempts.length < 2) return [row];
  return [
    row,
    ...node.attempts.map(
      (attempt): WaterfallRow => ({
        id: `${node.key}#${attempt.number}`,
        kind: "attempt",
        depth: 2,
        name: `attempt ${attempt.number}`,
        hint: `attempt ${attempt.number} of ${nodeName(node)}`,
        look: attemptLook(attempt),
        span: { queued: attempt.queued_at, started: attempt.leased_at ?? null, ended: endOf(attempt), kind: "job" },
        note: "",
        node: node.key,
        attempt: attempt.number,
      }),
    ),
  ];
}

function nodeSpan(node: Node): Span | null {
  const first = node.attempts[0];
  const last = node.attempts.at(-1);
  if (first !== undefined && last !== undefined) {
    const started = node.attempts.find((attempt) => attempt.leased_at != null)?.leased_at ?? null;
    return { queued: first.queued_at, started, ended: endOf(last), kind: "job" };
  }
  if (node.bake_started_at == null) return null;
  const isOver = node.state !== "baking" && node.state !== "running";
  return { queued: node.bake_started_at, started: node.bake_started_at, ended: isOver ? (node.since ?? null) : null, kind: "bake" };
}

function waveSpan(wave: Schemas["WaveView"]): Span | null {
  if (wave.arrived_at == null) return null;
  return { queued: wave.arrived_at, started: wave.entered_at ?? null, ended: wave.ended_at ?? null, kind: "wave" };
}

function endOf(attempt: Schemas["AttemptView"]): number | null {
  if (attempt.ended_at != null) return attempt.ended_at;
  return attempt.state === "ended" ? (attempt.leased_at ?? attempt.queued_at) : null;
}

/** A piece of the time axis: `from`..`to` in milliseconds stands at `left`..`right` (0 to 1). */
export type Piece = { from: number; to: number; left: number; right: number; isBreak: boolean };

const BREAK_SHARE = 0.07;
const MAX_BREAKS = 5;

/**
 * A time axis on which hours of waiting do not press minutes of work to nothing: long times in which no job is queued or runs (a bake, an approval)
 * take a fixed small share and are marked as breaks.
 */
export function timeAxis(release: Release, now: number): Piece[] {
  const from = release.created_at;
  const spans = release.nodes
    .flatMap((node) => node.attempts.map((attempt): [number, number] => [attempt.queued_at, endOf(attempt) ?? now]))
    .sort((one, other) => one[0] - other[0]);
  const to = Math.max(from + 1_000, isOver(release) ? lastMoment(release) : now);
  const idle: [number, number][] = [];
  let busyUntil = from;
  let busy = 0;
  for (const [start, end] of spans) {
    if (start > busyUntil) idle.push([busyUntil, start]);
    else if (end <= busyUntil) continue;
    busy += end - Math.max(start, busyUntil);
    busyUntil = Math.max(busyUntil, end);
  }
  if (to > busyUntil) idle.push([busyUntil, to]);
  const long = idle
    .filter(([start, end]) => end - start > Math.max(5_000, busy * 0.35))
    .sort((one, other) => other[1] - other[0] - (one[1] - one[0]))
    .slice(0, MAX_BREAKS)
    .sort((one, other) => one[0] - other[0]);
  const broken = long.reduce((sum, [start, end]) => sum + end - start, 0);
  const rest = Math.max(1, to - from - broken);
  const share = long.length === 0 ? 1 : 1 - long.length * BREAK_SHARE;
  // Nothing but waiting: then there is nothing to make room for.
  if (rest < 1_000 && long.length === 1) return [{ from, to, left: 0, right: 1, isBreak: false }];
  const pieces: Piece[] = [];
  let at = from;
  let left = 0;
  const push = (until: number, width: number, isBreak: boolean) => {
    if (until <= at) return;
    pieces.push({ from: at, to: until, left, right: left + width, isBreak });
    at = until;
    left += width;
  };
  for (const [start, end] of long) {
    push(start, ((start - at) / rest) * share, false);
    push(end, BREAK_SHARE, true);
  }
  push(to, ((to - at) / rest) * share, false);
  const scale = left > 0 ? 1 / left : 1;
  return pieces.map((piece) => ({ ...piece, left: piece.left * scale, right: piece.right * scale }));
}

/** Where a moment stands on the axis, 0 to 1. */
export function onAxis(axis: readonly Piece[], at: number): number {
  const first = axis[0];
  if (first === undefined || at <= first.from) return 0;
  for (const piece of axis) {
    if (at <= piece.to) return piece.left + ((at - piece.from) / (piece.to - piece.from)) * (piece.right - piece.left);
  }
  return 1;
}

function isOver(release: Release): boolean {
  return release.state !== "moving";
}

function lastMoment(release: Release): number {
  const moments = release.nodes.flatMap((node) => [
    ...node.attempts.map((attempt) => attempt.ended_at ?? attempt.leased_at ?? attempt.queued_at),
    node.state != null && node.kind === "bake" ? (node.since ?? 0) : 0,
  ]);
  return Math.max(
    release.ended_at ?? 0,
    ...release.waves.map((wave) => wave.ended_at ?? wave.arrived_at ?? 0),
    ...moments,
    release.created_at,
  );
}
