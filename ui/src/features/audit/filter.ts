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

/** Where the server gives everything that matches, not only what is loaded. */
export function exportAddress(filter: Record<string, string | number | undefined>, format: "csv" | "jsonl"): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  return `/api/v1/audit/export?${query}`;
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
