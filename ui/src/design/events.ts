import type { Schemas } from "../api/client";
import type { GlyphName } from "./glyphs";
import type { Tone } from "./state";

export type EventLook = { glyph: GlyphName; tone: Tone; word: string };

const looks: Record<Schemas["EventKind"], EventLook> = {
  release_created: { glyph: "commit", tone: "idle", word: "created" },
  release_waiting: { glyph: "queued", tone: "wait", word: "waits" },
  release_entered: { glyph: "next", tone: "run", word: "entered" },
  release_superseded: { glyph: "skip", tone: "idle", word: "superseded" },
  release_outdated: { glyph: "skip", tone: "idle", word: "outdated" },
  wave_completed: { glyph: "ok", tone: "ok", word: "completed the wave" },
  stage_completed: { glyph: "ok", tone: "ok", word: "completed the stage" },
  release_completed: { glyph: "ok", tone: "ok", word: "is everywhere" },
  release_failed: { glyph: "bad", tone: "bad", word: "failed" },
  release_cancelled: { glyph: "close", tone: "idle", word: "cancelled" },
  release_retried: { glyph: "run", tone: "run", word: "retried" },
  release_quarantined: { glyph: "flag", tone: "bad", word: "quarantined" },
  quarantine_lifted: { glyph: "flag", tone: "idle", word: "quarantine lifted" },
  target_flagged: { glyph: "flag", tone: "bad", word: "flagged" },
  gate_closed: { glyph: "window", tone: "wait", word: "gate closed" },
  gate_opened: { glyph: "window", tone: "ok", word: "gate opened" },
  approval_asked: { glyph: "approval", tone: "wait", word: "asks for approval" },
  approval_given: { glyph: "approval", tone: "ok", word: "approved" },
  approval_rejected: { glyph: "approval", tone: "idle", word: "rejected" },
  approval_expired: { glyph: "approval", tone: "wait", word: "approval expired" },
  approval_voided: { glyph: "approval", tone: "wait", word: "approval void" },
  gate_overridden: { glyph: "warn", tone: "wait", word: "gate overridden" },
  check_answered: { glyph: "check", tone: "idle", word: "check answered" },
  job_queued: { glyph: "queued", tone: "idle", word: "queued" },
  job_started: { glyph: "run", tone: "run", word: "started" },
  job_succeeded: { glyph: "ok", tone: "ok", word: "succeeded" },
  job_failed: { glyph: "bad", tone: "bad", word: "failed" },
  job_skipped: { glyph: "skip", tone: "idle", word: "skipped" },
  job_cancelled: { glyph: "close", tone: "idle", word: "cancelled" },
  job_unknown: { glyph: "unknown", tone: "wait", word: "lost contact" },
  job_lost: { glyph: "unknown", tone: "wait", word: "lost" },
  job_retried: { glyph: "run", tone: "run", word: "tried again" },
  plan_grown: { glyph: "next", tone: "run", word: "grew" },
  rollout_started: { glyph: "run", tone: "run", word: "deploys" },
  rollout_succeeded: { glyph: "ok", tone: "ok", word: "is live" },
  rollout_failed: { glyph: "bad", tone: "bad", word: "failed" },
  bake_started: { glyph: "bake", tone: "wait", word: "bakes" },
  bake_passed: { glyph: "bake", tone: "ok", word: "passed its bake" },
  bake_failed: { glyph: "bake", tone: "bad", word: "failed its bake" },
  bake_errored: { glyph: "bake", tone: "wait", word: "bake could not be judged" },
  bake_inconclusive: { glyph: "bake", tone: "wait", word: "bake saw too little" },
  alarm_fired: { glyph: "alarm", tone: "bad", word: "alarm" },
  alarm_cleared: { glyph: "alarm", tone: "ok", word: "alarm cleared" },
  monitor_unreadable: { glyph: "unknown", tone: "wait", word: "monitor cannot be read" },
  monitor_readable: { glyph: "alarm", tone: "ok", word: "monitor can be read again" },
  rollback_started: { glyph: "back", tone: "bad", word: "rolls back" },
  rollback_succeeded: { glyph: "back", tone: "bad", word: "rolled back" },
  rollback_failed: { glyph: "bad", tone: "bad", word: "rollback failed" },
  rollback_impossible: { glyph: "bad", tone: "bad", word: "cannot be rolled back" },
  hold_placed: { glyph: "hold", tone: "idle", word: "held" },
  hold_lifted: { glyph: "hold", tone: "ok", word: "hold lifted" },
  target_unknown: { glyph: "unknown", tone: "wait", word: "unknown" },
  target_resolved: { glyph: "target", tone: "ok", word: "resolved" },
};

/** How one kind of event looks and reads, everywhere the same; also one that a newer server has and this page does not know. */
export function eventLook(kind: string): EventLook {
  return kind in looks ? looks[kind as Schemas["EventKind"]] : { glyph: "commit", tone: "idle", word: kind.replaceAll("_", " ") };
}

export const eventKinds = Object.keys(looks) as Schemas["EventKind"][];
