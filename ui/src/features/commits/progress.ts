import type { Schemas } from "../../api/client";
import type { RowIndex } from "./rows";
import { type Front, type Stage, spanOfPassage, spanOfTarget } from "./span";

export type Except = { held: number; empty: number; unknown: number };

export function targetsOf(stages: readonly Stage[]): Front[] {
  return stages.flatMap((stage) => stage.waves.flatMap((wave) => wave.targets));
}

/** The newest row that everything has: the oldest of what runs, without targets that are held, new, or of which nobody knows. */
export function everywhereRow(stages: readonly Stage[], index: RowIndex): { row: number; except: Except } {
  const except: Except = { held: 0, empty: 0, unknown: 0 };
  const targets = targetsOf(stages);
  let row = -1;
  for (const target of targets) {
    const { live } = spanOfTarget(target);
    if (target.state === "held") except.held += 1;
    else if (target.state === "unknown" && live === undefined) except.unknown += 1;
    else if (live === undefined) except.empty += 1;
    else row = Math.max(row, index.rowOf(live));
  }
  if (targets.length === 0) {
    const passages = stages.flatMap((stage) => stage.waves).map((wave) => spanOfPassage(wave).live);
    row = passages.some((live) => live === undefined) ? -1 : Math.max(-1, ...passages.map((live) => index.rowOf(live ?? 0)));
  }
  return { row: row < 0 ? index.count : row, except };
}

/** For each row, how many targets have it. */
export function reachOf(stages: readonly Stage[], index: RowIndex): number[] {
  const starts = new Array<number>(index.count + 1).fill(0);
  for (const target of targetsOf(stages)) {
    const { live } = spanOfTarget(target);
    if (live === undefined) continue;
    const row = index.rowOf(live);
    starts[row] = (starts[row] ?? 0) + 1;
  }
  let sum = 0;
  return starts.slice(0, index.count).map((count) => {
    sum += count;
    return sum;
  });
}

/** What the divider says: from this row down, everything is on every target. */
export function everywhereText({ held, empty, unknown }: Except): string {
  const parts = [held > 0 ? `${held} held` : "", unknown > 0 ? `${unknown} unknown` : ""].filter(Boolean);
  const except = parts.length === 0 ? "" : ` except ${parts.join(", ")}`;
  if (empty === 0) return `Everywhere${except}`;
  return `On every target that runs something${except}; ${empty} ${empty === 1 ? "is" : "are"} still empty`;
}

export function isTrouble(state: Schemas["TargetState"]): boolean {
  return state === "failed" || state === "unknown" || state === "rolled_back" || state === "rolling_back";
}
