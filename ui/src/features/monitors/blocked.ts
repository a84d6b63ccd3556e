import type { Schemas } from "../../api/client";
import type { Look } from "../../design/state";

export type Monitor = Schemas["MonitorView"];

const looks: Record<Schemas["Reading"]["kind"], Look> = {
  ok: { glyph: "ok", tone: "ok", word: "OK" },
  bad: { glyph: "alarm", tone: "bad", word: "alarm" },
  no_data: { glyph: "unknown", tone: "wait", word: "no data" },
  unreadable: { glyph: "warn", tone: "wait", word: "cannot be read" },
};
const unread: Look = { glyph: "queued", tone: "idle", word: "not read yet" };

export function monitorLook(monitor: Monitor): Look {
  return monitor.last == null ? unread : looks[monitor.last.kind];
}

/** Since when it is as it is; `undefined` while it is well. */
export function wrongSince(monitor: Monitor): number | undefined {
  return monitor.bad_since ?? monitor.dark_since ?? undefined;
}

/** What a block of a monitor says: `#6 prod/wave-1`. */
export function blockOf(text: string): { release: number | undefined; place: string } {
  const match = /^#(\d+) (.*)$/.exec(text);
  return match === null ? { release: undefined, place: text } : { release: Number(match[1]), place: match[2] ?? "" };
}

/** Alarms first, then what cannot be judged; the oldest trouble first. */
export function sorted(monitors: readonly Monitor[]): Monitor[] {
  const rank = (monitor: Monitor) => ["bad", "unreadable", "no_data", "ok"].indexOf(monitor.last?.kind ?? "ok");
  return monitors.toSorted(
    (one, other) => rank(one) - rank(other) || (wrongSince(one) ?? 0) - (wrongSince(other) ?? 0) || one.reads.localeCompare(other.reads),
  );
}

/** The names of the alarms that read a monitor, each once. */
export function alarmNames(monitor: Monitor): string {
  return [...new Set(monitor.alarms.map((alarm) => alarm.name))].join(", ");
}
