import { expect, test } from "vitest";
import { Hub, type Outside } from "./hub";
import type { FromPage, Port, ToPage } from "./protocol";

/** A clock that goes when told, and a server that answers when told. */
class World {
  time = 1_000;
  timers: { at: number; act: () => void; off: boolean }[] = [];
  requests: { url: URL; signal: AbortSignal; answer: (response: Response) => void; refuse: (error: unknown) => void }[] = [];
  readonly outside: Outside = {
    fetch: (url, signal) =>
      new Promise((answer, refuse) => {
        this.requests.push({ url: new URL(url), signal, answer, refuse });
      }),
    after: (ms, act) => {
      const timer = { at: this.time + ms, act, off: false };
      this.timers.push(timer);
      return () => {
        timer.off = true;
      };
    },
    now: () => this.time,
    random: () => 1,
  };
  hub = new Hub("http://server/api/v1/events", this.outside);

  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((timer) => !timer.off && timer.at <= end).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.time = next.at;
      next.off = true;
      next.act();
      await settle();
    }
    this.time = end;
    await settle();
  }

  page(): { told: ToPage[]; port: Port; say: (message: FromPage) => void } {
    const told: ToPage[] = [];
    const port = { postMessage: (message: ToPage) => void told.push(message) };
    this.hub.attach(port);
    return { told, port, say: (message) => this.hub.receive(port, message) };
  }

  /** Answers the newest request with a stream that stays open. */
  async stream(): Promise<{ send: (event: string, data: unknown) => Promise<void>; end: () => Promise<void> }> {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error("nothing was asked");
    const encoder = new TextEncoder();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given;
      },
    });
    request.answer(new Response(body, { status: 200 }));
    await settle();
    return {
      send: async (event, data) => {
        controller?.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
        await settle();
      },
      end: async () => {
        controller?.close();
        await settle();
      },
    };
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setTimeout(done, 0));
}

const phases = (told: ToPage[]) => told.flatMap((message) => (message.kind === "connection" ? [message.connection.phase] : []));

test("two pages share one stream that follows what both want", async () => {
  const world = new World();
  const one = world.page();
  const other = world.page();
  one.say({ kind: "want", topics: ["p/orders"] });
  other.say({ kind: "want", topics: ["approvals", "p/orders"] });
  await world.pass(100);
  expect(world.requests.map((request) => request.url.searchParams.get("topics"))).toEqual(["approvals,p/orders"]);
  const stream = await world.stream();
  await stream.send("synced", { seq: 4, now: 99 });
  await stream.send("events", [{ seq: 5 }]);
  expect(phases(one.told)).toEqual(["connecting", "live"]);
  expect(other.told.filter((message) => message.kind !== "connection")).toEqual([
    { kind: "synced", topics: ["approvals", "p/orders"], from_seq: 4, seq: 4, now: 99 },
    { kind: "events", events: [{ seq: 5 }] },
  ]);
});

test("after a break the stream goes on from where it stood, later and later", async () => {
  const world = new World();
  const page = world.page();
  page.say({ kind: "want", topics: ["p/orders"] });
  await world.pass(100);
  const stream = await world.stream();
  await stream.send("synced", { seq: 41, now: 1 });
  await stream.end();
  expect(phases(page.told)).toEqual(["connecting", "live", "reconnecting"]);
  await world.pass(999);
  expect(world.requests.length).toBe(1);
  await world.pass(1);
  expect(world.requests.at(-1)?.url.searchParams.get("since")).toBe("41");
  world.requests.at(-1)?.refuse(new TypeError("refused"));
  await settle();
  await world.pass(1_999);
  expect(world.requests.length).toBe(2);
  await world.pass(2);
  expect(world.requests.length).toBe(3);
  const again = await world.stream();
  await again.send("synced", { seq: 45, now: 1 });
  expect(phases(page.told).at(-1)).toBe("live");
});

test("a stream that is silent for longer than the server ever is counts as broken", async () => {
  const world = new World();
  const page = world.page();
  page.say({ kind: "want", topics: ["p/orders"] });
  await world.pass(100);
  const stream = await world.stream();
  await stream.send("synced", { seq: 1, now: 1 });
  await world.pass(41_000);
  expect(phases(page.told)).toContain("reconnecting");
  expect(world.requests[0]?.signal.aborted).toBe(true);
});

test("a new topic starts a stream that covers both, from where the old one stood", async () => {
  const world = new World();
  const page = world.page();
  page.say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  await (await world.stream()).send("synced", { seq: 9, now: 1 });
  page.say({ kind: "want", topics: ["p/orders", "pipelines"] });
  await world.pass(100);
  expect(world.requests[0]?.signal.aborted).toBe(true);
  expect(world.requests[1]?.url.search).toBe("?topics=p%2Forders%2Cpipelines&since=9");
  expect(phases(page.told)).toEqual(["connecting", "live"]);
});

test("a page that joins a stream under way learns from where on it hears everything", async () => {
  const world = new World();
  world.page().say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  await (await world.stream()).send("synced", { seq: 9, now: 1 });
  const late = world.page();
  late.say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  expect(world.requests.length).toBe(1);
  expect(late.told.at(-1)).toEqual({ kind: "synced", topics: ["pipelines"], from_seq: 9, seq: 9 });
});

test("nobody looks: the stream ends after 30 seconds and goes on when somebody does", async () => {
  const world = new World();
  const page = world.page();
  page.say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  await (await world.stream()).send("synced", { seq: 9, now: 1 });
  page.say({ kind: "visible", visible: false });
  await world.pass(29_000);
  expect(world.requests[0]?.signal.aborted).toBe(false);
  await world.pass(2_000);
  expect(world.requests[0]?.signal.aborted).toBe(true);
  expect(phases(page.told).at(-1)).toBe("asleep");
  page.say({ kind: "visible", visible: true });
  await world.pass(100);
  expect(world.requests[1]?.url.searchParams.get("since")).toBe("9");
});

test("a session that has ended stops the asking until somebody signs in", async () => {
  const world = new World();
  const page = world.page();
  page.say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  world.requests[0]?.answer(new Response("{}", { status: 401 }));
  await world.pass(120_000);
  expect(phases(page.told).at(-1)).toBe("signed-out");
  expect(world.requests.length).toBe(1);
  page.say({ kind: "restart" });
  page.say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  expect(world.requests.length).toBe(2);
});

test("the server says that too much has happened: pages are told to start anew", async () => {
  const world = new World();
  const page = world.page();
  page.say({ kind: "want", topics: ["pipelines"] });
  await world.pass(100);
  const stream = await world.stream();
  await stream.send("reset", { seq: 90_000, reason: "too old" });
  expect(page.told.at(-1)).toEqual({ kind: "reset", seq: 90_000 });
});
