import type { Schemas } from "../../api/client";
import type { Look } from "../../design/state";

type Kind = Schemas["EventKind"];

/** An event as words: `rollback started`. */
export function eventName(kind: Kind): string {
  return kind.replaceAll("_", " ");
}

const bad: readonly Kind[] = ["alarm_fired", "target_flagged", "release_quarantined", "rollback_impossible"];
const waits: readonly Kind[] = [
  "approval_asked",
  "release_waiting",
  "gate_closed",
  "hold_placed",
  "job_unknown",
  "target_unknown",
  "job_lost",
];

/** How an event looks in a list: by what it means for whoever reads. */
export function eventLook(kind: Kind): Omit<Look, "word"> {
  if (kind.startsWith("rollback_")) return { glyph: "back", tone: kind === "rollback_succeeded" ? "run" : "bad" };
  if (bad.includes(kind) || kind.endsWith("_failed") || kind.endsWith("_errored"))
    return { glyph: kind.startsWith("alarm") ? "alarm" : "bad", tone: "bad" };
  if (kind.startsWith("hold_")) return { glyph: "hold", tone: "idle" };
  if (kind.startsWith("approval_"))
    return { glyph: "approval", tone: kind === "approval_given" ? "ok" : kind === "approval_asked" ? "wait" : "idle" };
  if (kind === "gate_overridden") return { glyph: "flag", tone: "wait" };
  if (waits.includes(kind) || kind.endsWith("_inconclusive")) return { glyph: "queued", tone: "wait" };
  if (/_(succeeded|completed|passed|opened|cleared|readable|resolved|lifted)$/.test(kind)) return { glyph: "ok", tone: "ok" };
  if (/_(started|entered|queued|retried)$/.test(kind)) return { glyph: kind === "job_queued" ? "queued" : "run", tone: "run" };
  if (/_(superseded|outdated|skipped)$/.test(kind)) return { glyph: "skip", tone: "idle" };
  if (kind.endsWith("_cancelled")) return { glyph: "close", tone: "idle" };
  return { glyph: "commit", tone: "idle" };
}
