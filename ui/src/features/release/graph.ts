import type { Schemas } from "../../api/client";
import { gateLook, type Look, nodeLook } from "../../design/state";
import { type Node, nodeName, placeName, type Release } from "./release";

/** A box of the graph: one node of the plan, the same node at several targets, or a whole wave. */
export type Box = {
  id: string;
  kind: "node" | "targets" | "wave" | "gate";
  place: string;
  name: string;
  look: Look;
  /** How many nodes stand behind it, and how many of each state. */
  count: number;
  states: readonly { look: Look; count: number }[];
  /** The node that a press opens; folded boxes unfold instead. */
  node?: string;
};

export type Edge = { from: string; to: string };
export type Placed = Box & { x: number; y: number };
export type Band = { place: string; x: number; width: number };
export type Drawn = { boxes: Placed[]; edges: { from: Placed; to: Placed }[]; bands: Band[]; width: number; height: number };

export const BOX = { width: 178, height: 46, gap_x: 46, gap_y: 14, top: 34, left: 16 };
/** Beyond this many boxes a wave is one box until it is opened. */
const MANY_BOXES = 100;

/** Worse first. */
const severity: readonly Schemas["NodeState"][] = [
  "failed",
  "unknown",
  "unclear",
  "running",
  "baking",
  "queued",
  "ready",
  "cancelled",
  "pending",
  "skipped",
  "succeeded",
];

export function worstNodeState(states: readonly Schemas["NodeState"][]): Schemas["NodeState"] {
  return severity.find((state) => states.includes(state)) ?? "pending";
}

/** What is drawn of a release: milestones are passed through, the same node at several targets is one box, and so is a wave when there is much. */
export function graphOf(release: Release, opened: ReadonlySet<string>): { boxes: Box[]; edges: Edge[] } {
  const folded = fold(release, opened, false);
  return folded.boxes.length > MANY_BOXES ? fold(release, opened, true) : folded;
}

function fold(release: Release, opened: ReadonlySet<string>, byWave: boolean): { boxes: Box[]; edges: Edge[] } {
  const nodes = release.nodes.filter((node) => !node.aside || node.attempts.length > 0);
  const shown = nodes.filter((node) => node.kind === "job" || node.kind === "bake");
  const sameElsewhere = new Map<string, number>();
  for (const node of shown) sameElsewhere.set(withoutTarget(node), (sameElsewhere.get(withoutTarget(node)) ?? 0) + 1);
  const boxOf = new Map<string, string>();
  const members = new Map<string, Node[]>();
  for (const node of shown) {
    const place = placeName(node.stage, node.wave);
    const same = withoutTarget(node);
    const isMany = (sameElsewhere.get(same) ?? 0) > 1;
    const id = byWave && !opened.has(place) ? `wave ${place}` : isMany && !opened.has(same) ? `targets ${same}` : node.key;
    boxOf.set(node.key, id);
    members.set(id, [...(members.get(id) ?? []), node]);
  }
  const boxes = [...members].map(([id, list]) => boxFrom(id, list));
  const edges = contracted(nodes, boxOf);
  return withGates(release, boxes, edges);
}

function boxFrom(id: string, nodes: readonly Node[]): Box {
  const [first] = nodes as [Node, ...Node[]];
  const states = nodes.map((node) => node.state ?? "pending");
  const place = placeName(first.stage, first.wave);
  const kind = id.startsWith("wave ") ? "wave" : id.startsWith("targets ") ? "targets" : "node";
  return {
    id,
    kind,
    place,
    name: kind === "wave" ? place : kind === "targets" ? first.name : nodeName(first),
    look: nodeLook(worstNodeState(states)),
    count: nodes.length,
    states: severity
      .map((state) => ({ look: nodeLook(state), count: states.filter((each) => each === state).length }))
      .filter(({ count }) => count > 0),
    ...(kind === "node" ? { node: first.key } : {}),
  };
}

/** Edges between boxes; what leads through milestones leads straight there. */
function contracted(nodes: readonly Node[], boxOf: ReadonlyMap<string, string>): Edge[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const before = new Map<string, ReadonlySet<string>>();
  const boxesBefore = (key: string): ReadonlySet<string> => {
    const known = before.get(key);
    if (known !== undefined) return known;
    const found = new Set<string>();
    before.set(key, found);
    for (const need of byKey.get(key)?.needs ?? []) {
      const box = boxOf.get(need);
      if (box !== undefined) found.add(box);
      else for (const far of boxesBefore(need)) found.add(far);
    }
    return found;
  };
  const edges = new Map<string, Edge>();
  for (const node of nodes) {
    const to = boxOf.get(node.key);
    if (to === undefined) continue;
    for (const from of boxesBefore(node.key)) if (from !== to) edges.set(`${from}\n${to}`, { from, to });
  }
  return [...edges.values()];
}

/** A gate stands in front of everything that its place begins with. */
function withGates(release: Release, boxes: readonly Box[], edges: readonly Edge[]): { boxes: Box[]; edges: Edge[] } {
  const all = [...boxes];
  let lines = [...edges];
  for (const gate of release.gates) {
    const place = gate.key.split("/gates/")[0] ?? "";
    const inside = new Set(boxes.filter((box) => isWithin(box.place, place)).map((box) => box.id));
    const roots = [...inside].filter((id) => !lines.some((edge) => edge.to === id && inside.has(edge.from)));
    if (roots.length === 0) continue;
    const look = gateLook(gate.kind, gate.state);
    const id = `gate ${gate.key}`;
    all.push({ id, kind: "gate", place, name: gate.name, look, count: 1, states: [{ look, count: 1 }] });
    const isEntry = (edge: Edge) => roots.includes(edge.to) && !edge.from.startsWith("gate ");
    const sources = new Set(edges.filter(isEntry).map((edge) => edge.from));
    lines = lines.filter((edge) => !isEntry(edge));
    for (const from of sources) lines.push({ from, to: id });
    for (const to of roots) lines.push({ from: id, to });
  }
  return { boxes: all, edges: lines };
}

function isWithin(place: string, outer: string): boolean {
  return place === outer || place.startsWith(`${outer}/`);
}

function withoutTarget(node: Node): string {
  return node.target ? node.key.replace(node.target, "*") : node.key;
}

/** Layers by the longest path, order within a layer by the middle of the neighbours, then places. */
export function layOut(boxes: readonly Box[], edges: readonly Edge[]): Drawn {
  const ids = boxes.map((box) => box.id);
  const { layerOf, forward } = layers(ids, edges);
  const columns: string[][] = [];
  for (const id of ids) {
    const layer = layerOf.get(id) ?? 0;
    while (columns.length <= layer) columns.push([]);
    columns[layer]?.push(id);
  }
  order(columns, forward);
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const step = BOX.height + BOX.gap_y;
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const placed = new Map<string, Placed>();
  columns.forEach((column, layer) => {
    const top = BOX.top + ((tallest - column.length) * step) / 2;
    column.forEach((id, index) => {
      const box = byId.get(id);
      if (box !== undefined) placed.set(id, { ...box, x: BOX.left + layer * (BOX.width + BOX.gap_x), y: top + index * step });
    });
  });
  const lines = forward.flatMap(({ from, to }) => {
    const [one, other] = [placed.get(from), placed.get(to)];
    return one === undefined || other === undefined ? [] : [{ from: one, to: other }];
  });
  return {
    boxes: [...placed.values()],
    edges: lines,
    bands: bandsOf([...placed.values()]),
    width: BOX.left * 2 + Math.max(1, columns.length) * (BOX.width + BOX.gap_x) - BOX.gap_x,
    height: BOX.top + tallest * step + 10,
  };
}

function layers(ids: readonly string[], edges: readonly Edge[]): { layerOf: Map<string, number>; forward: Edge[] } {
  const after = new Map<string, string[]>(ids.map((id) => [id, []]));
  const open = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const { from, to } of edges) {
    after.get(from)?.push(to);
    open.set(to, (open.get(to) ?? 0) + 1);
  }
  const layerOf = new Map<string, number>();
  const position = new Map<string, number>();
  const waiting = new Set(ids);
  let ready = ids.filter((id) => open.get(id) === 0);
  while (waiting.size > 0) {
    // Folding targets that wait for each other can close a circle: it is cut where the plan came first.
    const cut = [...waiting][0];
    if (ready.length === 0 && cut !== undefined) ready = [cut];
    const next: string[] = [];
    for (const id of ready) {
      if (!waiting.delete(id)) continue;
      position.set(id, position.size);
      const layer = layerOf.get(id) ?? 0;
      layerOf.set(id, layer);
      for (const to of after.get(id) ?? []) {
        if (!waiting.has(to)) continue;
        layerOf.set(to, Math.max(layerOf.get(to) ?? 0, layer + 1));
        const left = (open.get(to) ?? 1) - 1;
        open.set(to, left);
        if (left === 0) next.push(to);
      }
    }
    ready = next;
  }
  const forward = edges.filter(({ from, to }) => (position.get(from) ?? 0) < (position.get(to) ?? 0));
  return { layerOf, forward };
}

function order(columns: string[][], edges: readonly Edge[]): void {
  const before = neighbours(edges, "to", "from");
  const after = neighbours(edges, "from", "to");
  const place = new Map<string, number>();
  const number = () => {
    for (const column of columns) numberColumn(place, column);
  };
  number();
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const near = sweep % 2 === 0 ? before : after;
    for (const column of sweep % 2 === 0 ? columns : columns.toReversed()) {
      const middle = new Map(
        column.map((id) => [
          id,
          mean(
            (near.get(id) ?? []).map((other) => place.get(other) ?? 0),
            place.get(id) ?? 0,
          ),
        ]),
      );
      column.sort((one, other) => (middle.get(one) ?? 0) - (middle.get(other) ?? 0));
      numberColumn(place, column);
    }
  }
}

/** Places count from the middle, so that columns of different length are compared by where they are drawn. */
function numberColumn(place: Map<string, number>, column: readonly string[]): void {
  for (const [index, id] of column.entries()) place.set(id, index - (column.length - 1) / 2);
}

function neighbours(edges: readonly Edge[], of: "from" | "to", other: "from" | "to"): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const edge of edges) {
    const near = found.get(edge[of]);
    if (near === undefined) found.set(edge[of], [edge[other]]);
    else near.push(edge[other]);
  }
  return found;
}

function mean(values: readonly number[], otherwise: number): number {
  return values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The stretch of each stage or wave, for its name above the boxes. */
function bandsOf(boxes: readonly Placed[]): Band[] {
  const bands = new Map<string, { from: number; to: number }>();
  for (const box of boxes) {
    if (box.kind === "gate") continue;
    const band = bands.get(box.place) ?? { from: box.x, to: box.x };
    bands.set(box.place, { from: Math.min(band.from, box.x), to: Math.max(band.to, box.x) });
  }
  return [...bands].map(([place, { from, to }]) => ({ place, x: from - 8, width: to - from + BOX.width + 16 }));
}
