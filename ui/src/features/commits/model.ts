import type { Progress } from "../../api/progress";
import type { Density } from "./layout";
import { type Except, everywhereRow, reachOf, targetsOf } from "./progress";
import { type Change, type Row, RowIndex, rowsOf } from "./rows";
import { Scale } from "./shapes";
import type { Stage } from "./span";

const ROW_PX: Record<Density, number> = { comfortable: 25, dense: 12.8 };
const DIVIDER_PX: Record<Density, number> = { comfortable: 20, dense: 15 };

/** What both the list and the picture are drawn from. */
export type Model = {
  changes: readonly Change[];
  stages: readonly Stage[];
  rows: readonly Row[];
  index: RowIndex;
  scale: Scale;
  /** For each row, how many targets have it. */
  reach: readonly number[];
  targets: number;
  except: Except;
};

export function modelOf(data: Pick<Progress, "changes" | "stages">, open: ReadonlySet<string>, density: Density): Model {
  const rows = rowsOf(data.changes, open);
  const index = new RowIndex(rows);
  const { row, except } = everywhereRow(data.stages, index);
  return {
    changes: data.changes,
    stages: data.stages,
    rows,
    index,
    scale: new Scale(index, ROW_PX[density], row, DIVIDER_PX[density]),
    reach: reachOf(data.stages, index),
    targets: targetsOf(data.stages).length,
    except,
  };
}

/** The same scale while rows, height and divider are the same, so that columns need not be drawn again. */
export function sameScale(one: Scale, other: Scale): boolean {
  return (
    one.index.rows.length === other.index.rows.length &&
    one.everywhere === other.everywhere &&
    one.row_px === other.row_px &&
    one.index.rows.every((row, at) => row.key === other.index.rows[at]?.key)
  );
}

/** Commits that wait in front of some wave: for each gate, those that the wave behind it lacks. */
export function isHeld(n: number, ranges: readonly HeldRange[]): boolean {
  return ranges.some(({ after, upTo }) => n > after && n <= upTo);
}

export type HeldRange = { after: number; upTo: number };
