import type { Schemas } from "../../api/client";
import type { Look } from "../../design/state";
import { duration } from "../../design/time";

/** What speaks for and against a release, each in a few words with its look; what is against it comes first. */
export function evidenceWords(evidence: Schemas["Evidence"]): { text: string; look: Look }[] {
  const words: { text: string; look: Look; isAgainst: boolean }[] = [];
  const add = (text: string, glyph: Look["glyph"], tone: Look["tone"]) =>
    words.push({ text, look: { glyph, tone, word: text }, isAgainst: tone === "bad" || tone === "wait" });
  if (evidence.jobs_failed > 0) add(`${count(evidence.jobs_failed, "job")} failed`, "bad", "bad");
  if (evidence.jobs_passed > 0) add(`${count(evidence.jobs_passed, "job")} passed`, "ok", "ok");
  if (evidence.jobs_retried > 0) add(`${evidence.jobs_retried} only when tried again`, "warn", "wait");
  if (evidence.bakes_not_passed > 0) add(`${count(evidence.bakes_not_passed, "bake")} not passed`, "bake", "bad");
  if (evidence.bakes_passed > 0) add(`${count(evidence.bakes_passed, "bake")} passed, ${duration(evidence.baked_ms)} in all`, "bake", "ok");
  if (evidence.alarms_bad > 0) add(`${count(evidence.alarms_bad, "alarm")} firing`, "alarm", "bad");
  if (evidence.alarms_unread > 0) add(`${count(evidence.alarms_unread, "alarm")} not read`, "unknown", "wait");
  if (evidence.alarms_ok > 0) add(`${count(evidence.alarms_ok, "alarm")} quiet`, "alarm", "ok");
  if (evidence.overrides > 0) add(`${count(evidence.overrides, "gate")} overridden`, "warn", "wait");
  if (words.length === 0) add("nothing has run yet", "queued", "idle");
  return [...words.filter((each) => each.isAgainst), ...words.filter((each) => !each.isAgainst)].map(({ text, look }) => ({ text, look }));
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
