import type { Schemas } from "../api/client";
import type { Connection, FeedEvent, FromPage, Phase, Port, ToPage } from "./protocol";
import { EventStreamReader } from "./sse";

/** The outside, as arguments: the tests have a clock and a server of their own. */
export type Outside = {
  fetch: (url: string, signal: AbortSignal) => Promise<Response>;
  after: (ms: number, act: () => void) => () => void;
  now: () => number;
  random: () => number;
};

const ASLEEP_AFTER_MS = 30_000;
/** The server says something at least every 15 seconds. */
const SILENT_AFTER_MS = 40_000;
const GONE_AFTER_MS = 10 * 60_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MOST_MS = 30_000;
const GATHER_WANTS_MS = 20;

type Client = { topics: string[]; visible: boolean; hidden_since: number; heard_at: number; is_new: boolean };

/**
 * The one stream of a browser profile: it follows what any page wants, goes on where it stood after a break, sleeps when nobody looks, and
 * tells each page what happened. It holds no data: pages do.
 */
export class Hub {
  private clients = new Map<Port, Client>();
  private connection: Connection;
  private followed: string[] = [];
  private seq: number | undefined;
  private failures = 0;
  private stop: (() => void) | undefined;
  private cancelSettle: (() => void) | undefined;

  constructor(
    private readonly address: string,
    private readonly outside: Outside,
  ) {
    this.connection = { phase: "connecting", since_ms: outside.now() };
  }

  attach(port: Port): void {
    const now = this.outside.now();
    this.clients.set(port, { topics: [], visible: true, hidden_since: now, heard_at: now, is_new: true });
    port.postMessage({ kind: "connection", connection: this.connection });
  }

  receive(port: Port, message: FromPage): void {
    const now = this.outside.now();
    if (message.kind === "bye") {
      this.clients.delete(port);
    } else {
      if (!this.clients.has(port)) this.attach(port);
      const client = this.clients.get(port) as Client;
      client.heard_at = now;
      if (message.kind === "want") {
        client.topics = message.topics;
        client.is_new = true;
      }
      if (message.kind === "visible") {
        if (client.visible && !message.visible) client.hidden_since = now;
        client.visible = message.visible;
        if (!message.visible) this.outside.after(ASLEEP_AFTER_MS, () => this.settle());
      }
      if (message.kind === "restart") {
        this.close();
        this.seq = undefined;
        this.failures = 0;
        this.followed = [];
        this.enter("connecting");
      }
    }
    // Pages say what they want one after the other while they draw; one new stream serves them all.
    this.cancelSettle?.();
    this.cancelSettle = this.outside.after(GATHER_WANTS_MS, () => this.settle());
  }

  /** Makes the stream follow what is wanted now. */
  private settle(): void {
    const wanted = this.wanted();
    if (wanted.length === 0) {
      this.close();
      this.followed = [];
      this.enter("asleep");
      return;
    }
    if (this.stop !== undefined && same(wanted, this.followed)) {
      this.welcome();
      return;
    }
    if (this.connection.phase === "signed-out") return;
    // More topics than before: what happened on the new ones before now is in no snapshot that we know of, so start from here.
    this.close();
    this.followed = wanted;
    this.open();
  }

  /** A page that joins a stream under way must know from where on it hears everything. */
  private welcome(): void {
    if (this.connection.phase !== "live" || this.seq === undefined) return;
    for (const [port, client] of this.clients) {
      if (client.is_new) port.postMessage({ kind: "synced", topics: this.followed, from_seq: this.seq, seq: this.seq });
      client.is_new = false;
    }
  }

  private wanted(): string[] {
    const now = this.outside.now();
    const topics = new Set<string>();
    for (const [port, client] of this.clients) {
      if (now - client.heard_at > GONE_AFTER_MS) this.clients.delete(port);
      else if (client.visible || now - client.hidden_since < ASLEEP_AFTER_MS) for (const topic of client.topics) topics.add(topic);
    }
    return [...topics].sort();
  }

  private open(): void {
    const controller = new AbortController();
    let silence = () => {};
    this.stop = () => {
      controller.abort();
      silence();
    };
    const alive = () => {
      silence();
      silence = this.outside.after(SILENT_AFTER_MS, () => {
        controller.abort();
        this.broken();
      });
    };
    if (this.connection.phase !== "reconnecting") this.enter(this.connection.phase === "live" ? "live" : "connecting");
    alive();
    void this.follow(controller.signal, alive);
  }

  private async follow(signal: AbortSignal, alive: () => void): Promise<void> {
    const query = new URLSearchParams({ topics: this.followed.join(",") });
    if (this.seq !== undefined) query.set("since", String(this.seq));
    const from_seq = this.seq;
    try {
      const answer = await this.outside.fetch(`${this.address}?${query}`, signal);
      if (answer.status === 401) {
        this.close();
        this.enter("signed-out");
        return;
      }
      if (!answer.ok || answer.body === null) throw new Error(`the stream of events was answered with ${answer.status}`);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new EventStreamReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (signal.aborted) return;
        if (done) break;
        alive();
        for (const message of parser.read(value)) this.take(message.event, message.data, from_seq);
      }
    } catch {
      // The next attempt says whether the server is there; pages show since when it is not.
    }
    if (!signal.aborted) this.broken();
  }

  private take(event: string, data: string, from_seq: number | undefined): void {
    if (event === "events") {
      const events = JSON.parse(data) as FeedEvent[];
      const last = events.at(-1);
      if (last !== undefined) this.seq = Math.max(this.seq ?? 0, last.seq);
      this.tell({ kind: "events", events });
    } else if (event === "synced") {
      const { seq, now } = JSON.parse(data) as Schemas["Synced"];
      this.seq = Math.max(this.seq ?? 0, seq);
      this.failures = 0;
      this.enter("live");
      this.tell({ kind: "synced", topics: this.followed, from_seq: from_seq ?? seq, seq, now });
      for (const client of this.clients.values()) client.is_new = false;
    } else if (event === "reset") {
      const { seq } = JSON.parse(data) as Schemas["Reset"];
      this.seq = seq;
      this.tell({ kind: "reset", seq });
    }
  }

  private broken(): void {
    this.close();
    this.enter("reconnecting");
    this.failures += 1;
    const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (this.failures - 1));
    const cancel = this.outside.after(most * (0.5 + this.outside.random() / 2), () => {
      this.stop = undefined;
      this.open();
    });
    this.stop = cancel;
  }

  private close(): void {
    this.stop?.();
    this.stop = undefined;
  }

  private enter(phase: Phase): void {
    if (phase === this.connection.phase) return;
    this.connection = { phase, since_ms: this.outside.now() };
    this.tell({ kind: "connection", connection: this.connection });
  }

  private tell(message: ToPage): void {
    for (const port of this.clients.keys()) port.postMessage(message);
  }
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((topic, index) => topic === other[index]);
}
