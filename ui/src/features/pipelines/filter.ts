import type { Schemas } from "../../api/client";
import { type Look, targetLook } from "../../design/state";

export type Summary = Schemas["PipelineSummary"];

/** Which pipelines to show: those with a star here, with a commit of the reader's on the way, where something went wrong, where releases wait. */
export type Only = "starred" | "mine" | "failing" | "waiting";
export const onlyValues: readonly Only[] = ["starred", "mine", "failing", "waiting"];

export function isOnly(value: string | undefined): value is Only {
  return onlyValues.some((only) => only === value);
}

/** The filter in the words of the API; the server filters before it pages. Nothing can match stars that do not exist. */
export function query(q: string, only: Only | undefined, stars: ReadonlySet<string>): Record<string, string> | undefined {
  if (only === "starred" && stars.size === 0) return undefined;
  return {
    ...(q.trim() === "" ? {} : { q: q.trim() }),
    ...(only === undefined || only === "starred" ? {} : { only }),
    ...(only === "starred" ? { names: [...stars].sort().join(",") } : {}),
  };
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
  if (now.failing) return { glyph: "bad", tone: "bad", word: "failing" };
  if (now.alarms > 0) return { glyph: "alarm", tone: "bad", word: "alarm" };
  if (now.holds > 0) return { glyph: "hold", tone: "idle", word: "held" };
  if (now.attention > 0 || now.waiting) return { glyph: "bake", tone: "wait", word: "waits" };
  if (now.moving > 0) return { glyph: "run", tone: "run", word: "moving" };
  return { glyph: "ok", tone: "ok", word: "live" };
}

/** The height of each bar of the spark line, from 0 to 1: how long a release took beside the longest of them. */
export function bars(recent: readonly Schemas["RecentRelease"][]): number[] {
  const longest = Math.max(1, ...recent.map((release) => release.took_ms ?? 0));
  return recent.map((release) => (release.took_ms == null ? 0.35 : Math.max(0.15, release.took_ms / longest)));
}
