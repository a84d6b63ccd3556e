import { type HeldRange, isHeld } from "./model";
import { isFiltering, matches, type Row } from "./rows";
import { type Stage, spanOfWave } from "./span";
import { waitingGates } from "./summary";
import { isOnly, type ViewState } from "./view-state";

/** The rows that the reader's filter leaves; undefined when there is none. Rows stay where they are, the others are dimmed. */
export function shownRows(
  rows: readonly Row[],
  stages: readonly Stage[],
  state: ViewState,
  me: string | undefined,
): Set<number> | undefined {
  const filter = { mine: isOnly(state, "mine") ? (me ?? "") : undefined, author: state.author, source: state.source, text: state.q };
  const onlyHeld = isOnly(state, "blocked");
  if (!isFiltering(filter) && !onlyHeld) return undefined;
  const ranges = onlyHeld ? heldRanges(stages) : [];
  const shown = new Set<number>();
  rows.forEach((row, at) => {
    if (row.changes.some((change) => matches(change, filter) && (!onlyHeld || isHeld(change.n, ranges)))) shown.add(at);
  });
  return shown;
}

function heldRanges(stages: readonly Stage[]): HeldRange[] {
  return waitingGates(stages).map(({ gate, stage, wave }) => {
    const behind = stages.find((each) => each.name === stage)?.waves.find((each) => each.name === wave);
    return { after: behind === undefined ? 0 : (spanOfWave(behind).live ?? 0), upTo: gate.change ?? 0 };
  });
}
