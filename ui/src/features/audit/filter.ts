import type { Schemas } from "../../api/client";
import { actorName } from "../../api/places";

export type Row = Schemas["FeedEvent"];

/** What of an event says what it is about: target, else node, else place, else the release alone. */
export function objectOf(event: Row): string {
  return event.target ?? event.node ?? event.place ?? "";
}

/** How the server's filter names an actor. */
export function actorKey(actor: Schemas["Actor"]): string {
  switch (actor.kind) {
    case "person":
    case "token":
    case "runner":
      return `${actor.kind}:${actor.id}`;
    case "trigger":
      return `trigger:${actor.source}`;
    case "engine":
      return "engine";
  }
}

/** Everybody who acts in `rows`, once, people first. */
export function actorsOf(rows: readonly Row[]): { key: string; name: string }[] {
  const rank = (key: string) => ["person", "token", "engine", "trigger", "runner"].findIndex((kind) => key.startsWith(kind));
  const found = new Map(rows.map((row) => [actorKey(row.actor), actorName(row.actor)]));
  return [...found]
    .map(([key, name]) => ({ key, name }))
    .sort((one, other) => rank(one.key) - rank(other.key) || one.name.localeCompare(other.name));
}

const columns = ["at", "seq", "pipeline", "release", "type", "place", "target", "node", "actor", "reason", "attempt"] as const;

/** Rows as CSV (RFC 4180). A value that a spreadsheet would take for a formula gets a quote in front. */
export function csv(rows: readonly Row[]): string {
  return [columns.join(","), ...rows.map((row) => columns.map((column) => field(value(row, column))).join(","))].join("\r\n");
}

/** One JSON object a line, as the API has them. */
export function jsonLines(rows: readonly Row[]): string {
  return rows.map((row) => JSON.stringify(row)).join("\n");
}

function value(row: Row, column: (typeof columns)[number]): string {
  if (column === "at") return new Date(row.at).toISOString();
  if (column === "actor") return actorName(row.actor);
  const found = row[column];
  return found == null ? "" : String(found);
}

function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What changed, if the event says so: its data as `name: value`. */
export function dataText(event: Row): string {
  const data = event.data as Record<string, unknown> | undefined;
  if (data === undefined || data === null) return "";
  return Object.entries(data)
    .filter(([, each]) => each !== null && each !== undefined && each !== "")
    .map(([name, each]) => `${name}: ${typeof each === "object" ? JSON.stringify(each) : String(each)}`)
    .join(" · ");
}
