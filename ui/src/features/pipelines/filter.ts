import type { Schemas } from "../../api/client";
import { type Look, targetLook } from "../../design/state";

export type Summary = Schemas["PipelineSummary"];

/** Which pipelines to show: all, those with a star, those where something went wrong, those that wait for the reader. */
export type Only = "starred" | "failing" | "waiting";
export const onlyValues: readonly Only[] = ["starred", "failing", "waiting"];

export function isOnly(value: string | undefined): value is Only {
  return onlyValues.some((only) => only === value);
}

export function matches(summary: Summary, q: string, only: Only | undefined, stars: ReadonlySet<string>): boolean {
  const now = summary.now;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${summary.name} ${now?.head_sha ?? ""} ${now?.head_title ?? ""}`.toLowerCase();
  if (!words.every((word) => text.includes(word))) return false;
  switch (only) {
    case "starred":
      return stars.has(summary.name);
    case "failing":
      return lookOf(summary).tone === "bad";
    case "waiting":
      return (now?.waits_for_me ?? 0) > 0;
    default:
      return true;
  }
}

/** Those with a star first; the server's order otherwise. */
export function starredFirst(list: readonly Summary[], stars: ReadonlySet<string>): Summary[] {
  return [...list.filter((each) => stars.has(each.name)), ...list.filter((each) => !stars.has(each.name))];
}

const badStates: readonly Schemas["TargetState"][] = ["failed", "rolled_back", "unknown"];

/** How a pipeline stands, worst first. */
export function lookOf(summary: Summary): Look {
  const now = summary.now;
  if (summary.parked != null) return { glyph: "warn", tone: "bad", word: "parked" };
  if (now == null || now.head == null) return { glyph: "queued", tone: "idle", word: "no release yet" };
  const bad = now.waves.find((wave) => wave.state != null && badStates.includes(wave.state));
  if (bad?.state != null) return targetLook(bad.state);
  if (now.worst != null && /alarm|ended with exit|failed|contact was lost|person must say/.test(now.worst))
    return { glyph: "bad", tone: "bad", word: "failing" };
  if (now.attention > 0) return { glyph: "warn", tone: "wait", word: "waits" };
  if (now.moving > 0) return { glyph: "run", tone: "run", word: "moving" };
  return { glyph: "ok", tone: "ok", word: "live" };
}
