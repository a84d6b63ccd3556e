import type { GlyphName } from "../../design/glyphs";
import { gateGlyph, type Tone } from "../../design/state";
import { clock, duration, localTimes } from "../../design/time";
import type { Gate, GateAt } from "./layout";
import type { Scale } from "./shapes";

export function isWaiting(gate: Gate): boolean {
  return gate.change != null;
}

/** Nothing goes through until somebody acts or something is mended. */
export function isBlocked(gate: Gate): boolean {
  return (
    isWaiting(gate) && (gate.kind === "alarms" || gate.kind === "quarantine" || gate.state === "unreadable" || gate.state === "rejected")
  );
}

export function glyphOf(gate: Gate): GlyphName {
  if (gate.state === "rejected") return "close";
  switch (gate.kind) {
    case "bake":
      return "bake";
    case "hold":
      return "hold";
    case "quarantine":
      return "flag";
    case "max_parallel":
    case "lane":
      return "queued";
    default:
      return gateGlyph(gate.kind);
  }
}

export function toneOf(gate: Gate): Tone {
  if (!isWaiting(gate)) return "idle";
  if (gate.state === "unreadable" || gate.kind === "alarms" || gate.kind === "quarantine") return "bad";
  if (gate.state === "rejected" || gate.kind === "lane" || gate.kind === "max_parallel" || gate.kind === "hold") return "idle";
  return "wait";
}

const HOUR_MS = 3_600_000;

/** One word or number that fits the marker: `0/2`, `12m`, `07:00`, `alarm`. */
export function shortText(gate: Gate, now_ms: number): string {
  if (gate.state === "unreadable") return "no data";
  if (gate.state === "rejected") return "said no";
  if (gate.state === "expired") return "expired";
  if (gate.kind === "approval") return `${gate.given ?? 0}/${gate.needed ?? 1}`;
  if (gate.until != null && gate.until > now_ms) {
    const left_ms = gate.until - now_ms;
    return left_ms > HOUR_MS && left_ms < 20 * HOUR_MS ? clock(gate.until, now_ms).slice(-5) : (duration(left_ms).split(" ")[0] ?? "");
  }
  const words: Record<string, string> = {
    bake: "bake",
    alarms: "alarm",
    window: "closed",
    lane: "next",
    hold: "hold",
    quarantine: "bad",
    max_parallel: "queue",
    depends_on: "needs",
    metric: "metric",
    check: "check",
  };
  return words[gate.kind] ?? gate.kind;
}

/** Why it waits, in a sentence that reads alone. */
export function reasonText(gate: Gate, now_ms: number): string {
  const reason = localTimes(gate.reason, now_ms);
  if (reason !== "") return reason;
  return `waits for ${gate.kind === "approval" ? "approval" : gate.kind.replaceAll("_", " ")}`;
}

/** What a marker is called for those who do not see it. */
export function gateLabel(at: GateAt, now_ms: number): string {
  const { gate } = at;
  if (!isWaiting(gate)) return `Gate before ${at.name}: ${gate.kind.replaceAll("_", " ")}, nothing waits`;
  const held = gate.held > 0 ? `, ${commits(gate.held)} held` : "";
  const left = gate.until != null && gate.until > now_ms ? `, ${duration(gate.until - now_ms)} left` : "";
  return `Before ${at.name}: ${reasonText(gate, now_ms)}${left}${held}${gate.canAct ? ", you can act" : ""}`;
}

export function commits(count: number): string {
  return count === 1 ? "1 commit" : `${count.toLocaleString("en")} commits`;
}

/** `15 held`, `2k held`: what fits into a marker. */
export function heldText(held: number): string {
  return held < 1_000 ? `${held} held` : `${Math.floor(held / 1_000)}k held`;
}

export type MarkerBox = { x: number; y: number; width: number; height: number; isCompact: boolean };

const FULL = { width: 41, height: 36, withHeld: 50 };
const COMPACT_PX = 15;

/** Where a gate's marker stands: on the row of the newest change that waits, inside the picture. */
export function markerBox(at: GateAt, scale: Scale, hasRoom: boolean): MarkerBox | undefined {
  const { gate } = at;
  if (gate.change == null) return undefined;
  const row = Math.min(scale.index.rowOf(gate.change), Math.max(0, scale.index.count - 1));
  const isCompact = at.isInner || !hasRoom || scale.row_px < 18;
  const width = isCompact ? COMPACT_PX : FULL.width;
  const height = isCompact ? COMPACT_PX : gate.held > 0 ? FULL.withHeld : FULL.height;
  const top = isCompact ? scale.y(row) + scale.row_px / 2 - height / 2 : scale.y(row) + 2;
  const y = Math.max(0, Math.min(top, scale.height - height));
  return { x: at.x + at.width / 2 - width / 2, y, width, height, isCompact };
}
