import type { Schemas } from "../api/client";

export type FeedEvent = Schemas["FeedEvent"];

/** How the stream stands. `since`: when it got there, by the browser's clock. */
export type Phase = "connecting" | "live" | "reconnecting" | "asleep" | "signed-out";
export type Connection = { phase: Phase; since_ms: number };

/** What a page tells the hub. */
export type FromPage =
  | { kind: "want"; topics: string[] }
  | { kind: "visible"; visible: boolean }
  /** Somebody signed in or out: the stream must ask anew who it is. */
  | { kind: "restart" }
  | { kind: "alive" }
  | { kind: "bye" };

/** What the hub tells every page. */
export type ToPage =
  | { kind: "connection"; connection: Connection }
  | { kind: "events"; events: FeedEvent[] }
  /** Everything of these topics after `from_seq` comes as events: a snapshot that is older must be fetched again. */
  | { kind: "synced"; topics: string[]; from_seq: number; seq: number; now?: number }
  | { kind: "reset"; seq: number };

/** The part of a `MessagePort` that is needed. */
export type Port = { postMessage(message: ToPage): void };
