import { placeOf } from "./layout";
import type { RowIndex } from "./rows";
import { type Stage, spanOfStage, spanOfTarget, spanOfWave } from "./span";

/** The rows between the fronts of two places: what one has and the other lacks. */
export function rangeOf(
  stages: readonly Stage[],
  index: RowIndex,
  from: string | undefined,
  to: string | undefined,
): { from: number; to: number } | undefined {
  if (from === undefined || to === undefined) return undefined;
  const one = frontOf(stages, from);
  const other = frontOf(stages, to);
  if (one === undefined || other === undefined) return undefined;
  const rows = [index.rowOf(one), index.rowOf(other)].sort((a, b) => a - b);
  return { from: rows[0] ?? 0, to: rows[1] ?? 0 };
}

/** Up to which change a stage, a wave or a target has everything. */
export function frontOf(stages: readonly Stage[], place: string): number | undefined {
  for (const stage of stages) {
    if (stage.name === place) return spanOfStage(stage).live;
    for (const wave of stage.waves) {
      if (placeOf(stage, wave) === place) return spanOfWave(wave).live;
      const target = wave.targets.find((each) => each.name === place);
      if (target !== undefined) return spanOfTarget(target).live;
    }
  }
  return undefined;
}
