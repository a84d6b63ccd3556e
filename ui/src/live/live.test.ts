// @vitest-environment happy-dom
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { board, keys } from "../api/queries";
import { Live } from "./live";
import type { FromPage, ToPage } from "./protocol";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function front(state: string) {
  return { stages: [{ waves: [{ targets: [{ name: "prod/a", state, live: 1 }] }] }], events: [] };
}

/** A page that shows the board of `orders`, whose server answers with the next of `answers`. */
function page(answers: { seq: number; state: string }[]) {
  const client = new QueryClient();
  const sent: FromPage[] = [];
  let receive: (message: ToPage) => void = () => {};
  const live = new Live(client, (given) => {
    receive = given;
    return (message) => void sent.push(message);
  });
  const fetched = vi.fn(async () => {
    const next = answers.shift();
    if (next === undefined) throw new Error("asked too often");
    return { ...front(next.state), seq: next.seq };
  });
  const observer = new QueryObserver(client, { ...board("orders"), queryFn: fetched as never, staleTime: Number.POSITIVE_INFINITY });
  observer.subscribe(() => {});
  const state = () => observer.getCurrentResult().data?.stages[0]?.waves[0]?.targets[0]?.state;
  return { client, live, sent, fetched, state, receive: (message: ToPage) => receive(message) };
}

const started = (seq: number) =>
  ({
    seq,
    topic: "p/orders",
    type: "rollout_started",
    pipeline: "orders",
    at: 1,
    actor: { kind: "engine" },
    reason: "",
    target: "prod/a",
    release: 2,
  }) as const;

test("an event shows within a frame, and the snapshot that follows has the last word", async () => {
  const { receive, state, fetched } = page([
    { seq: 1, state: "live" },
    { seq: 2, state: "baking" },
  ]);
  await vi.advanceTimersByTimeAsync(1);
  receive({ kind: "events", events: [started(2)] });
  await vi.advanceTimersByTimeAsync(17);
  expect(state()).toBe("deploying");
  expect(fetched).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(state()).toBe("baking");
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("an event that the snapshot holds already changes nothing and asks for nothing", async () => {
  const { receive, state, fetched } = page([{ seq: 5, state: "live" }]);
  await vi.advanceTimersByTimeAsync(1);
  receive({ kind: "events", events: [started(5)] });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(state()).toBe("live");
  expect(fetched).toHaveBeenCalledTimes(1);
});

test("a hundred events in three seconds ask for at most five snapshots", async () => {
  const answers = Array.from({ length: 50 }, (_, index) => ({ seq: index, state: "deploying" }));
  const { receive, fetched } = page(answers);
  await vi.advanceTimersByTimeAsync(1);
  for (let seq = 100; seq < 200; seq++) {
    receive({ kind: "events", events: [started(seq)] });
    await vi.advanceTimersByTimeAsync(30);
  }
  expect(fetched.mock.calls.length).toBeLessThanOrEqual(5);
  expect(fetched.mock.calls.length).toBeGreaterThanOrEqual(3);
});

test("a snapshot from before the stream began is fetched again, and a younger one is not", async () => {
  const { receive, fetched } = page([
    { seq: 3, state: "live" },
    { seq: 8, state: "live" },
  ]);
  await vi.advanceTimersByTimeAsync(1);
  receive({ kind: "synced", topics: ["p/orders"], from_seq: 3, seq: 3, now: 1 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(fetched).toHaveBeenCalledTimes(1);
  receive({ kind: "synced", topics: ["p/orders"], from_seq: 8, seq: 8, now: 1 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("a reset fetches everything again that the stream keeps true", async () => {
  const { client, receive, fetched } = page([
    { seq: 3, state: "live" },
    { seq: 90, state: "failed" },
  ]);
  client.setQueryData(keys.pipelines, { items: [], seq: 1 });
  await vi.advanceTimersByTimeAsync(1);
  receive({ kind: "reset", seq: 90 });
  await vi.advanceTimersByTimeAsync(10);
  expect(fetched).toHaveBeenCalledTimes(2);
  expect(client.getQueryState(keys.pipelines)?.isInvalidated).toBe(true);
});

test("a topic is followed for as long as somebody on the page wants it", () => {
  const { live, sent } = page([{ seq: 1, state: "live" }]);
  const one = live.want(["p/orders"]);
  const other = live.want(["p/orders", "approvals"]);
  one();
  expect(sent.at(-1)).toEqual({ kind: "want", topics: ["p/orders", "approvals"] });
  other();
  expect(sent.at(-1)).toEqual({ kind: "want", topics: [] });
});
