import type { Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import type { Scale } from "./shapes";
import { type Front, isQueued, queuedTo, type Span, type Stage, spanOfStage, spanOfTarget, spanOfWave, type Wave } from "./span";

export type Gate = Schemas["ProgressGate"];
export type Level = "stages" | "waves" | "targets";
export type Density = "comfortable" | "dense";
export const LEVELS: readonly Level[] = ["stages", "waves", "targets"];

/** What a column draws. The object within stays the same while nothing of it changes, so that nothing of it is drawn again. */
export type Source = { kind: "target"; of: Front } | { kind: "wave"; of: Wave } | { kind: "stage"; of: Stage };

export type Column = {
  key: string;
  source: Source;
  stage: string;
  /** Empty for the one wave of a stage without waves, and for a column of a whole stage. */
  wave: string;
  /** As the server names it: `prod`, `prod/wave-1`, `prod/us-east-1`. */
  place: string;
  x: number;
  width: number;
  /** The change that its idle target is queued for. */
  queued: number | undefined;
};

/** A gate in the gutter before its wave; with `isInner` on the column of the stage in which its wave is folded. */
export type GateAt = {
  key: string;
  gate: Gate;
  stage: string;
  wave: string;
  place: string;
  name: string;
  x: number;
  width: number;
  isInner: boolean;
};

export type Heading = { key: string; name: string; place: string; x: number; width: number; room: number; count: number };

export type Layout = {
  level: Level;
  columns: readonly Column[];
  gates: readonly GateAt[];
  stages: readonly Heading[];
  waves: readonly Heading[];
  width: number;
  /** The narrowest column of a target. */
  column_px: number;
  hasLabels: boolean;
  hasRoomForGates: boolean;
};

type Measures = { gate: number; gap: number; wave: number; column: number };

const measures: Record<Density, Measures> = {
  comfortable: { gate: 42, gap: 12, wave: 34, column: 30 },
  dense: { gate: 13, gap: 6, wave: 6, column: 24 },
};
const NARROW_GATE_PX = 16;
const NARROW_GAP_PX = 6;
/** Gutters may not eat the picture: above this share they are narrow and their gates small. */
const GUTTER_SHARE = 0.42;
const COLUMN_LEAST_PX = 3;
const LABEL_FROM_PX = 10.5;
const WIDEST: Record<Level, number> = { targets: 30, waves: 64, stages: 110 };
/** A path with no more columns than this may have wider ones. */
const FEW = 12;
const FEW_COLUMN_PX = 46;

/** The whole path side by side, as fine as `wanted` says, or as the width allows. */
export function layoutOf(stages: readonly Stage[], wanted: Level | undefined, density: Density, free_px: number): Layout {
  if (wanted !== undefined) return place(stages, wanted, density, free_px);
  for (const level of ["targets", "waves"] as const) {
    const layout = place(stages, level, density, free_px);
    if (layout.column_px >= COLUMN_LEAST_PX && layout.width <= free_px + 1) return layout;
  }
  return place(stages, "stages", density, free_px);
}

type Group = { stage: Stage; wave: Wave | undefined; isFirst: boolean; gate: Gate | undefined; sources: Source[] };

function place(stages: readonly Stage[], level: Level, density: Density, free_px: number): Layout {
  const groups = groupsOf(stages, level);
  const measure = measures[density];
  const wide: Gutters = { gate: measure.gate, idle: measure.gate, gap: measure.gap };
  const narrow: Gutters = { gate: Math.min(measure.gate, NARROW_GATE_PX), idle: NARROW_GAP_PX, gap: NARROW_GAP_PX };
  const sumOf = (gutters: Gutters) => groups.reduce((sum, group, at) => sum + gutterOf(group, at, gutters), 0);
  const hasRoomForGates = measure.gate > NARROW_GATE_PX && sumOf(wide) <= free_px * GUTTER_SHARE;
  const gutters = hasRoomForGates ? wide : narrow;
  const columnCount = groups.reduce((sum, group) => sum + group.sources.length, 0);
  const widths = widthsOf(
    groups.map((group) => group.sources.length),
    free_px - sumOf(gutters),
    level === "targets" ? measure.wave : 6,
    level !== "targets" ? WIDEST[level] : columnCount <= FEW ? FEW_COLUMN_PX : measure.column,
  );
  const columns: Column[] = [];
  const gates: GateAt[] = [];
  const starts: { group: Group; x: number; end: number }[] = [];
  let x = 0;
  groups.forEach((group, at) => {
    const gutter = gutterOf(group, at, gutters);
    if (group.gate !== undefined && group.wave !== undefined) gates.push(gateAt(group.stage, group.wave, group.gate, x, gutter, false));
    x += gutter;
    const start = x;
    const column_px = widths[at] ?? COLUMN_LEAST_PX;
    const queued = level === "targets" && group.wave !== undefined ? queuedTo(group.wave) : undefined;
    for (const source of group.sources) {
      columns.push(columnOf(group, source, x, column_px, queued));
      x += column_px;
    }
    if (level === "stages") gates.push(...innerGates(group.stage, start, x - start));
    starts.push({ group, x: start, end: x });
  });
  const column_px = Math.min(...widths);
  return {
    level,
    columns,
    gates,
    ...headings(starts, level, x),
    width: Math.ceil(x),
    column_px,
    hasLabels: level === "targets" && column_px >= LABEL_FROM_PX,
    hasRoomForGates,
  };
}

function groupsOf(stages: readonly Stage[], level: Level): Group[] {
  const withGates = gatesOf(stages);
  if (level === "stages") {
    return stages.map((stage) => {
      const wave = stage.waves[0];
      const gate = wave === undefined ? undefined : withGates.get(wave);
      return { stage, wave, isFirst: true, gate, sources: [{ kind: "stage", of: stage }] };
    });
  }
  return stages.flatMap((stage) =>
    stage.waves.map((wave, at): Group => {
      const fine = level === "targets" && wave.targets.length > 0;
      const sources: Source[] = fine ? wave.targets.map((of) => ({ kind: "target", of })) : [{ kind: "wave", of: wave }];
      return { stage, wave, isFirst: at === 0, gate: withGates.get(wave), sources };
    }),
  );
}

/** The gate in front of each wave. Where none has anybody waiting and the wave before bakes, the bake is what the step waits for. */
export function gatesOf(stages: readonly Stage[]): Map<Wave, Gate> {
  const gates = new Map<Wave, Gate>();
  let before: Wave | undefined;
  for (const wave of stages.flatMap((stage) => stage.waves)) {
    const gate = wave.gate ?? undefined;
    const bake = gate === undefined || gate.change == null ? bakeBefore(before, wave) : undefined;
    if (bake !== undefined) gates.set(wave, bake);
    else if (gate !== undefined) gates.set(wave, gate);
    before = wave;
  }
  return gates;
}

function bakeBefore(before: Wave | undefined, wave: Wave): Gate | undefined {
  const baking = before?.targets.filter((target) => target.state === "baking" && target.live != null) ?? [];
  const change = Math.max(...baking.map((target) => target.live ?? 0));
  if (baking.length === 0) return undefined;
  const live = spanOfWave(wave).live;
  if (live !== undefined && live >= change) return undefined;
  return {
    kind: "bake",
    state: "closed",
    change,
    release: baking.find((target) => target.live === change)?.release ?? null,
    held: heldBetween(change, live),
    since: Math.max(...baking.map((target) => target.since ?? 0)),
    canAct: false,
    reason: baking.length === 1 ? `${baking[0]?.name} bakes` : `${baking.length} targets bake`,
  };
}

/** How many commits lie after `live` up to `change`, as the server counts them: the lower half of a number is a position in one history. */
export function heldBetween(change: number, live: number | undefined): number {
  const history = 2 ** 32;
  if (live === undefined || live < 0 || Math.floor(live / history) !== Math.floor(change / history)) return 1;
  return Math.max(0, (change % history) - (live % history));
}

/** Widths of gutters: with a gate where something waits, with an idle one, and without. */
type Gutters = { gate: number; idle: number; gap: number };

function gutterOf(group: Group, at: number, gutters: Gutters): number {
  if (group.gate !== undefined) return group.gate.change == null ? gutters.idle : gutters.gate;
  return at === 0 ? 0 : gutters.gap;
}

/** An equal share for every column, but no group narrower than `least_px`, no column wider than `most_px` unless its group needs it. */
function widthsOf(counts: readonly number[], free_px: number, least_px: number, most_px: number): number[] {
  let share = COLUMN_LEAST_PX;
  let small = new Set<number>();
  for (let turn = 0; turn < 8; turn++) {
    const large = counts.reduce((sum, count, at) => (small.has(at) ? sum : sum + count), 0);
    share = large === 0 ? 0 : (free_px - small.size * least_px) / large;
    const next = new Set(counts.flatMap((count, at) => (count * share < least_px ? [at] : [])));
    if (next.size === small.size) break;
    small = next;
  }
  share = Math.min(most_px, Math.max(COLUMN_LEAST_PX, share));
  return counts.map((count) => Math.max(share, least_px / Math.max(1, count)));
}

function columnOf({ stage, wave }: Group, source: Source, x: number, width: number, queued: number | undefined): Column {
  const base = { source, stage: stage.name, x, width };
  switch (source.kind) {
    case "target": {
      const isWaiting = isQueued(source.of, queued);
      return { ...base, key: source.of.name, wave: wave?.name ?? "", place: source.of.name, queued: isWaiting ? queued : undefined };
    }
    case "wave":
      return {
        ...base,
        key: `wave ${stage.name}/${source.of.name}`,
        wave: source.of.name,
        place: placeOf(stage, source.of),
        queued: undefined,
      };
    case "stage":
      return { ...base, key: `stage ${stage.name}`, wave: "", place: stage.name, queued: undefined };
  }
}

export function placeOf(stage: Stage, wave: Wave): string {
  return wave.name === "" ? stage.name : `${stage.name}/${wave.name}`;
}

function gateAt(stage: Stage, wave: Wave, gate: Gate, x: number, width: number, isInner: boolean): GateAt {
  const place = placeOf(stage, wave);
  return { key: place, gate, stage: stage.name, wave: wave.name, place, name: waveName(stage.name, wave.name), x, width, isInner };
}

/** Within a folded stage only those at which something waits are shown. */
function innerGates(stage: Stage, x: number, width: number): GateAt[] {
  const all = gatesOf([stage]);
  return stage.waves.slice(1).flatMap((wave) => {
    const gate = all.get(wave);
    return gate?.change == null ? [] : [gateAt(stage, wave, gate, x, width, true)];
  });
}

function headings(starts: readonly { group: Group; x: number; end: number }[], level: Level, end: number) {
  const stages: Heading[] = [];
  const waves: Heading[] = [];
  starts.forEach(({ group, x, end: right }, at) => {
    const { stage, wave } = group;
    const next = starts[at + 1]?.x ?? end;
    const last = stages.at(-1);
    const targets = stage.waves.reduce((sum, each) => sum + each.targets.length, 0);
    if (group.isFirst || last === undefined) {
      stages.push({ key: stage.name, name: stage.name, place: stage.name, x, width: right - x, room: next - x, count: targets });
    } else {
      last.width = right - last.x;
      last.room = next - last.x;
    }
    if (level !== "stages" && wave !== undefined && wave.name !== "") {
      const place = placeOf(stage, wave);
      waves.push({ key: place, name: wave.name, place, x, width: right - x, room: next - x, count: wave.targets.length });
    }
  });
  return { stages, waves };
}

export function spanOf(source: Source): Span {
  switch (source.kind) {
    case "target":
      return spanOfTarget(source.of);
    case "wave":
      return spanOfWave(source.of);
    case "stage":
      return spanOfStage(source.of);
  }
}

/** The staircase of what runs: holds its level through the gutter and drops at the next wave, so that the riser is the gate's queue. */
export function frontPath(columns: readonly Column[], scale: Scale): string {
  let path = "";
  columns.forEach((column, at) => {
    const { best } = spanOf(column.source);
    const y = round(best === undefined ? scale.height : scale.y(scale.index.rowOf(best)));
    path += at === 0 ? `M${round(column.x)} ${y}` : `H${round(column.x)}V${y}`;
    if (at === columns.length - 1) path += `H${round(column.x + column.width)}`;
  });
  return path;
}

/** The column at a place of the picture, none in a gutter. */
export function columnAt(layout: Layout, x: number): Column | undefined {
  let low = 0;
  let high = layout.columns.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const column = layout.columns[middle];
    if (column === undefined) return undefined;
    if (x < column.x) high = middle - 1;
    else if (x >= column.x + column.width) low = middle + 1;
    else return column;
  }
  return undefined;
}

/** `wave-3` is `3` where there is no room for more. */
export function shortWave(name: string): string {
  return /[-_ ]([^-_ ]{1,3})$/.exec(name)?.[1] ?? name.slice(0, 3);
}

const directions: Record<string, string> = {
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
};

/** `use1` for `us-east-1`, `apne1·b` for a unit there, the last part of any other name. */
export function shortName(front: Front): string {
  const parts = front.name.split("/");
  const region = front.region ?? parts[1] ?? "";
  const found = /^([a-z]{2})(?:-(gov|iso[a-z]?))?-([a-z]+)-(\d+)$/.exec(region);
  const direction = directions[found?.[3] ?? ""];
  if (found === null || direction === undefined) return parts.at(-1) ?? front.name;
  const unit = parts.length > 2 ? `·${parts.slice(2).join("/")}` : "";
  return `${found[1]}${found[2]?.[0] ?? ""}${direction}${found[4]}${unit}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
