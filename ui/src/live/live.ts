import type { Query, QueryClient } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import type { Progress } from "../api/progress";
import { setServerNow } from "../design/clock";
import { Hub } from "./hub";
import { outside } from "./outside";
import { concerns, patchStaged, topicOf, withEvent } from "./patch";
import type { Connection, FeedEvent, FromPage, ToPage } from "./protocol";
import { Refresher } from "./refresher";

/**
 * This page's end of the stream. Events come to the query cache in one go per frame: first what an event says outright (a target deploys, is
 * live, failed), then a fresh snapshot of what cannot be told from the event alone.
 */
export class Live {
  connection: Connection = { phase: "connecting", since_ms: Date.now() };
  /** When anything was last heard that may change a page, by this machine's clock. */
  private wants = new Map<string, number>();
  private inbox: FeedEvent[] = [];
  private frame: number | undefined;
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Set<(events: readonly FeedEvent[]) => void>();
  private readonly refresher: Refresher;
  private readonly send: (message: FromPage) => void;

  constructor(
    private readonly client: QueryClient,
    connect: (receive: (message: ToPage) => void) => (message: FromPage) => void,
  ) {
    this.refresher = new Refresher(client);
    this.send = connect((message) => this.receive(message));
  }

  /** Follows `topics` until the answer is called. */
  want(topics: readonly string[]): () => void {
    for (const topic of topics) this.wants.set(topic, (this.wants.get(topic) ?? 0) + 1);
    this.tellWants();
    return () => {
      for (const topic of topics) {
        const count = (this.wants.get(topic) ?? 1) - 1;
        if (count > 0) this.wants.set(topic, count);
        else this.wants.delete(topic);
      }
      this.tellWants();
    };
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Hears events as they come, after the cache has them. */
  listen(listener: (events: readonly FeedEvent[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(message: FromPage): void {
    this.send(message);
    if (message.kind === "restart") this.tellWants();
  }

  private tellWants(): void {
    this.send({ kind: "want", topics: [...this.wants.keys()] });
  }

  private receive(message: ToPage): void {
    switch (message.kind) {
      case "connection":
        this.connection = message.connection;
        for (const each of this.watchers) each();
        if (message.connection.phase === "signed-out") void this.client.invalidateQueries({ queryKey: ["me"] });
        break;
      case "events":
        this.inbox.push(...message.events);
        this.frame ??= onFrame(() => this.apply());
        break;
      case "synced":
        if (message.now !== undefined) setServerNow(message.now);
        this.refresher.need(
          this.queries((key) => message.topics.includes(topicOf(key) ?? "")),
          message.from_seq,
        );
        break;
      case "reset":
        void this.client.invalidateQueries({ predicate: (query) => topicOf(query.queryKey) !== undefined });
        break;
    }
  }

  private apply(): void {
    this.frame = undefined;
    const events = this.inbox;
    this.inbox = [];
    for (const event of events) {
      for (const query of this.queries((key) => concerns(key, event))) {
        this.patch(query, event);
        this.refresher.need([query], event.seq);
      }
    }
    for (const each of this.listeners) each(events);
  }

  private patch(query: Query, event: FeedEvent): void {
    const [noun, , view] = query.queryKey;
    if (noun !== "pipeline") return;
    if (view === "board") {
      this.client.setQueryData<Schemas["BoardAnswer"]>(query.queryKey, (data) => {
        if (data === undefined || data.seq >= event.seq) return data;
        return { ...patchStaged(data, event, this.changeOf(event.pipeline)), events: withEvent(data.events, event) };
      });
    } else if (view === "progress") {
      this.client.setQueryData<Progress>(query.queryKey, (data) =>
        data === undefined || data.seq >= event.seq ? data : patchStaged(data, event, this.changeOf(event.pipeline)),
      );
    }
  }

  /** Which change a release carries, from any snapshot that knows. */
  private changeOf(pipeline: string): (release: number) => number | undefined {
    return (release) => {
      const known = (key: readonly unknown[]) =>
        key[0] === "pipeline" && key[1] === pipeline && (key[2] === "progress" || key[2] === "board");
      for (const query of this.queries(known)) {
        const data = query.state.data as { changes?: readonly Schemas["Change"][] } | undefined;
        const found = data?.changes?.find((change) => change.release === release);
        if (found !== undefined) return found.n;
      }
      return undefined;
    };
  }

  private queries(matches: (key: readonly unknown[]) => boolean): Query[] {
    return this.client.getQueryCache().findAll({ predicate: (query) => matches(query.queryKey) });
  }
}

/** One stream for all pages where the browser can, else one for this page. */
export function connectToHub(receive: (message: ToPage) => void): (message: FromPage) => void {
  const send = typeof SharedWorker === "function" ? throughWorker(receive) : withinPage(receive);
  const visible = () => send({ kind: "visible", visible: document.visibilityState === "visible" });
  document.addEventListener("visibilitychange", visible);
  addEventListener("pagehide", () => send({ kind: "bye" }));
  addEventListener("pageshow", visible);
  setInterval(() => send({ kind: "alive" }), 60_000);
  return send;
}

function throughWorker(receive: (message: ToPage) => void): (message: FromPage) => void {
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "tidegate-live" });
  worker.port.onmessage = (message: MessageEvent<ToPage>) => receive(message.data);
  worker.port.start();
  return (message) => worker.port.postMessage(message);
}

function withinPage(receive: (message: ToPage) => void): (message: FromPage) => void {
  const hub = new Hub(`${location.origin}/api/v1/events`, outside);
  const port = { postMessage: receive };
  // Not before the constructor of whoever connects is done.
  queueMicrotask(() => hub.attach(port));
  return (message) => queueMicrotask(() => hub.receive(port, message));
}

/** Once per frame; a page that nobody sees has no frames, but must not fall behind. */
function onFrame(act: () => void): number {
  if (document.visibilityState === "visible") return requestAnimationFrame(act);
  return setTimeout(act, 200) as unknown as number;
}
