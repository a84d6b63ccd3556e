import { isWaiting } from "./gate";
import { type Column, type Layout, spanOf } from "./layout";
import { isTrouble, targetsOf } from "./progress";
import type { RowIndex } from "./rows";

/** Something that a reader steps to with `n` and `p`: a gate where commits wait, or a column in trouble. In the order of the path. */
export type Problem = { kind: "gate"; place: string; row: number } | { kind: "column"; key: string; row: number };

export function problemsOf(layout: Layout, index: RowIndex): Problem[] {
  const last = Math.max(0, index.count - 1);
  const found: { x: number; problem: Problem }[] = [];
  for (const at of layout.gates) {
    if (!isWaiting(at.gate)) continue;
    found.push({ x: at.x, problem: { kind: "gate", place: at.place, row: Math.min(last, index.rowOf(at.gate.change ?? 0)) } });
  }
  for (const column of layout.columns) {
    if (!hasTrouble(column)) continue;
    const span = spanOf(column.source);
    const n = span.incoming ?? span.left ?? span.best ?? 0;
    found.push({ x: column.x, problem: { kind: "column", key: column.key, row: Math.min(last, index.rowOf(n)) } });
  }
  return found.sort((one, other) => one.x - other.x).map(({ problem }) => problem);
}

function hasTrouble({ source }: Column): boolean {
  switch (source.kind) {
    case "target":
      return isTrouble(source.of.state);
    case "wave":
      return source.of.targets.some((target) => isTrouble(target.state));
    case "stage":
      return targetsOf([source.of]).some((target) => isTrouble(target.state));
  }
}

/** The one after (or before) the one at which the reader is, round and round. */
export function step(
  problems: readonly Problem[],
  current: { gate: string | undefined; column: string | undefined },
  direction: 1 | -1,
): Problem | undefined {
  if (problems.length === 0) return undefined;
  const at = problems.findIndex((each) => (each.kind === "gate" ? each.place === current.gate : each.key === current.column));
  if (at < 0) return direction === 1 ? problems[0] : problems.at(-1);
  return problems[(at + direction + problems.length) % problems.length];
}
