import { shortSha } from "../../design/Sha";
import { commits, reasonText } from "./gate";
import type { Change, Row } from "./rows";
import type { Stage } from "./span";
import { waitsAt } from "./where";

/** What a row of the list says to those who do not see the picture: one sentence with everything that it shows. */
export function rowSentence(row: Row, stages: readonly Stage[], reached: number, of: number, now_ms: number): string {
  const [change] = row.changes;
  if (row.folded)
    return `${commits(row.changes.length)} that came along with the commit above, from ${shortSha(change.sha)} down. Press Enter to unfold.`;
  const parts = [shortSha(change.sha), change.title, `by ${change.author}`];
  parts.push(of > 0 && reached === of ? `on all ${of} targets` : `on ${reached} of ${of} targets`);
  const note = noteOf(change);
  if (note !== undefined) parts.push(note.text);
  if (reached < of) {
    const wait = waitsAt(change.n, stages);
    if (wait?.gate !== undefined) parts.push(`waits before ${wait.name}: ${reasonText(wait.gate, now_ms)}`);
  }
  return parts.join(", ");
}

export type Note = { kind: "superseded" | "quarantined" | "failed" | "cancelled" | "outdated"; text: string };

/** What is remarkable about the commit itself. */
export function noteOf(change: Change): Note | undefined {
  if (change.quarantined === true) return { kind: "quarantined", text: `#${change.release} is quarantined` };
  switch (change.state) {
    case "superseded":
      return {
        kind: "superseded",
        text: [
          `superseded${change.superseded_at == null ? "" : ` before ${change.superseded_at}`}`,
          ...(change.superseded_by == null ? [] : [`carried by #${change.superseded_by}`]),
        ].join(", "),
      };
    case "failed":
      return { kind: "failed", text: `#${change.release} failed` };
    case "cancelled":
      return { kind: "cancelled", text: `#${change.release} was cancelled` };
    case "outdated":
      return { kind: "outdated", text: `#${change.release} is outdated: a newer release went first` };
    default:
      return undefined;
  }
}
