import type { Schemas } from "../api/client";
import type { GlyphName } from "./glyphs";

/** The colour of a state, always beside its shape and its word. */
export type Tone = "ok" | "run" | "wait" | "bad" | "idle";

/** How one state looks and reads, everywhere the same. */
export type Look = { glyph: GlyphName; tone: Tone; word: string };

const targets: Record<Schemas["TargetState"], Look> = {
  empty: { glyph: "queued", tone: "idle", word: "nothing yet" },
  live: { glyph: "ok", tone: "ok", word: "live" },
  deploying: { glyph: "run", tone: "run", word: "deploying" },
  baking: { glyph: "bake", tone: "wait", word: "baking" },
  rolling_back: { glyph: "back", tone: "run", word: "rolling back" },
  rolled_back: { glyph: "back", tone: "bad", word: "rolled back" },
  failed: { glyph: "bad", tone: "bad", word: "failed" },
  unknown: { glyph: "unknown", tone: "wait", word: "unknown" },
  held: { glyph: "hold", tone: "idle", word: "held" },
};
export const targetLook = (state: Schemas["TargetState"]): Look => targets[state];

const releases: Record<Schemas["ReleaseState"], Look> = {
  moving: { glyph: "run", tone: "run", word: "moving" },
  completed: { glyph: "ok", tone: "ok", word: "completed" },
  failed: { glyph: "bad", tone: "bad", word: "failed" },
  cancelled: { glyph: "close", tone: "idle", word: "cancelled" },
  superseded: { glyph: "skip", tone: "idle", word: "superseded" },
  outdated: { glyph: "skip", tone: "idle", word: "outdated" },
};
export const releaseLook = (state: Schemas["ReleaseState"]): Look => releases[state];

const nodes: Record<Schemas["NodeState"], Look> = {
  pending: { glyph: "queued", tone: "idle", word: "not started" },
  ready: { glyph: "queued", tone: "idle", word: "ready" },
  queued: { glyph: "queued", tone: "idle", word: "queued" },
  running: { glyph: "run", tone: "run", word: "running" },
  unknown: { glyph: "unknown", tone: "wait", word: "unknown" },
  baking: { glyph: "bake", tone: "wait", word: "baking" },
  succeeded: { glyph: "ok", tone: "ok", word: "succeeded" },
  skipped: { glyph: "skip", tone: "idle", word: "skipped" },
  failed: { glyph: "bad", tone: "bad", word: "failed" },
  unclear: { glyph: "warn", tone: "wait", word: "unclear" },
  cancelled: { glyph: "close", tone: "idle", word: "cancelled" },
};
export const nodeLook = (state: Schemas["NodeState"] | null | undefined): Look => nodes[state ?? "pending"];

const gates: Record<Schemas["GateKind"], GlyphName> = {
  depends_on: "depends",
  alarms: "alarm",
  window: "window",
  metric: "metric",
  check: "check",
  approval: "approval",
};
export const gateGlyph = (kind: string): GlyphName => (kind in gates ? gates[kind as Schemas["GateKind"]] : "queued");

const gateStates: Record<Schemas["GateState"], { tone: Tone; word: string }> = {
  idle: { tone: "idle", word: "nothing waits" },
  closed: { tone: "wait", word: "closed" },
  open: { tone: "ok", word: "open" },
  rejected: { tone: "idle", word: "rejected" },
  expired: { tone: "wait", word: "expired" },
  unreadable: { tone: "bad", word: "cannot be read" },
};
export const gateLook = (kind: string, state: Schemas["GateState"]): Look => ({ glyph: gateGlyph(kind), ...gateStates[state] });

const runnerStates: Record<Schemas["RunnerState"], Look> = {
  online: { glyph: "ok", tone: "ok", word: "online" },
  lost: { glyph: "unknown", tone: "wait", word: "lost" },
  draining: { glyph: "hold", tone: "idle", word: "draining" },
  revoked: { glyph: "close", tone: "idle", word: "revoked" },
};
export const runnerLook = (state: Schemas["RunnerState"]): Look => runnerStates[state];

/** Worse first: what a folded group shows. */
const severity: readonly Schemas["TargetState"][] = [
  "unknown",
  "failed",
  "rolling_back",
  "rolled_back",
  "deploying",
  "baking",
  "held",
  "empty",
  "live",
];
export function worst(states: readonly Schemas["TargetState"][]): Schemas["TargetState"] | undefined {
  return severity.find((state) => states.includes(state));
}
