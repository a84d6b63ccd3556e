/** Times as words. All inputs are the server's milliseconds. */

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (ms < 1_000 && ms > 0) return "<1s";
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 ? `${minutes}m ${pad(seconds % 60)}s` : `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${pad(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `52m`, `2h 10m`, `3d 4h`: the age of something, in as few signs as a table wants. */
export function age(then_ms: number, now_ms: number): string {
  const ms = Math.max(0, now_ms - then_ms);
  if (ms < 60_000) return `${Math.floor(ms / 1_000)}s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}m`;
  return duration(ms);
}

/** `14m ago`, `in 6h 52m`, `just now`. */
export function relative(then_ms: number, now_ms: number): string {
  const ms = now_ms - then_ms;
  if (Math.abs(ms) < 5_000) return "just now";
  return ms >= 0 ? `${age(then_ms, now_ms)} ago` : `in ${duration(-ms)}`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const utcFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

/** `20:14` today, `20 Nov 20:14` on another day; in the reader's zone. */
export function clock(at_ms: number, now_ms: number): string {
  const at = new Date(at_ms);
  const same = at.toDateString() === new Date(now_ms).toDateString();
  return same ? clockFormat.format(at) : `${dayFormat.format(at)} ${clockFormat.format(at)}`;
}

/** Both zones, for a tooltip. */
export function full(at_ms: number): string {
  return `${fullFormat.format(at_ms)} · ${utcFormat.format(at_ms)} UTC`;
}

export function utc(at_ms: number): string {
  return `${utcFormat.format(at_ms)} UTC`;
}

/** Moments within the server's sentences (`until 2026-11-21T11:27:19.147Z`) in the reader's own time. */
export function localTimes(text: string, now_ms: number): string {
  return text.replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, (moment) => clock(Date.parse(moment), now_ms));
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
