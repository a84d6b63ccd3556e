import { expect, test } from "vitest";
import { attempt, node, release } from "./example";
import { initialNode, outcomeText, passedElsewhere, troubles, wentBack } from "./release";
import { onAxis, timeAxis, waterfall } from "./waterfall";

const wave = (stage: string, state: "completed" | "failed" | null = "completed") => ({
  stage,
  wave: "",
  state,
  arrived_at: state === null ? null : 0,
  entered_at: state === null ? null : 0,
  ended_at: state === null ? null : 12_000,
  waits_for: [],
});

test("attempts stay below their job, and what stands aside unneeded is not shown", () => {
  const twice = node("build/test", {
    state: "failed",
    attempts: [attempt({ outcome: { kind: "failed", step: "test", exit_code: 1 } }), attempt({ number: 2, queued_at: 12_000 })],
  });
  const rows = waterfall(
    release({
      waves: [wave("build", "failed"), wave("beta", null)],
      nodes: [
        node("build/start", { kind: "milestone" }),
        twice,
        node("beta/x/rollback", { aside: true, state: null }),
        node("beta/x/deploy", { state: null }),
      ],
    }),
    new Map(),
    undefined,
  );
  expect(rows.map((row) => [row.kind, row.name, row.look.word])).toEqual([
    ["wave", "build", "failed"],
    ["node", "test", "failed"],
    ["attempt", "attempt 1", "failed"],
    ["attempt", "attempt 2", "succeeded"],
    ["wave", "beta", "not started"],
  ]);
});

test("much that is well is collapsed, but never what is not, nor what is selected", () => {
  const nodes = Array.from({ length: 80 }, (_, n) => node(`build/job-${n}`, { attempts: [attempt()] }));
  const many = release({ waves: [wave("build")], nodes });
  expect(waterfall(many, new Map(), undefined)).toHaveLength(1);
  expect(waterfall(many, new Map([["build", true]]), undefined)).toHaveLength(81);
  expect(waterfall(many, new Map(), "build/job-3")).toHaveLength(81);
  const withFailure = { ...many, nodes: [...nodes, node("build/bad", { state: "failed" })] };
  expect(waterfall(withFailure, new Map(), undefined)).toHaveLength(82);
});

test("ten hours of waiting take a small part of the axis, and it only grows", () => {
  const hours = 36_000_000;
  const data = release({
    ended_at: hours + 30_000,
    nodes: [
      node("build/a", { attempts: [attempt({ queued_at: 0, leased_at: 0, ended_at: 10_000 })] }),
      node("prod/a", { attempts: [attempt({ queued_at: hours, leased_at: hours, ended_at: hours + 30_000 })] }),
    ],
  });
  const axis = timeAxis(data, hours * 2);
  expect(axis.map((piece) => piece.isBreak)).toEqual([false, true, false]);
  const places = [0, 5_000, 10_000, hours / 2, hours, hours + 30_000].map((at) => onAxis(axis, at));
  expect(places.toSorted((one, other) => one - other)).toEqual(places);
  expect(places[0]).toBe(0);
  expect(places[2]).toBeGreaterThan(0.2);
  expect(places.at(-1)).toBeCloseTo(1);
});

test("a release in which nothing ran yet has an axis too", () => {
  const axis = timeAxis(release({ state: "moving", ended_at: null }), 60_000);
  expect(onAxis(axis, 30_000)).toBeCloseTo(0.5);
});

test("the page opens where it went wrong first", () => {
  const late = node("prod/late", { state: "failed", since: 9, attempts: [attempt()] });
  const early = node("prod/early", { state: "failed", since: 5, attempts: [attempt()] });
  const data = release({ nodes: [node("build/a", { attempts: [attempt()] }), late, early] });
  expect(troubles(data).map((each) => each.key)).toEqual(["prod/early", "prod/late"]);
  expect(initialNode(data)?.key).toBe("prod/early");
  expect(initialNode(release())).toBeUndefined();
});

test("outcomes read as sentences", () => {
  expect(outcomeText({ kind: "failed", step: "test", exit_code: 3 })).toBe("test: exit code 3");
  expect(outcomeText({ kind: "timed_out", step: "test", timeout_ms: 90_000 })).toBe("test: took longer than 90 s");
  expect(outcomeText(null)).toBe("");
});

test("where a release was taken back is told with the first reason", () => {
  const event = (type: "rollback_started" | "rollback_succeeded", reason: string, data = {}) => ({
    seq: 1,
    topic: "p/shop",
    type,
    pipeline: "shop",
    at: 5,
    actor: { kind: "engine" as const },
    reason,
    release: 7,
    place: "prod/wave-1",
    target: "local/a",
    data,
  });
  expect(
    wentBack(release({ events: [event("rollback_started", "alarm fires", { to: 5 }), event("rollback_succeeded", "runs #5 again")] })),
  ).toEqual([{ place: "prod/wave-1", target: "local/a", to: 5, reason: "alarm fires", done: true, at: 5 }]);
});

test("what failed is compared with the nearest place where it went well", () => {
  const ran = { name: "verify", attempts: [attempt()] };
  const failed = node("gamma/a/verify", { ...ran, state: "failed" });
  const data = release({ nodes: [node("beta/a/verify", ran), failed, node("gamma/b/verify", ran)] });
  expect(passedElsewhere(data, failed)?.key).toBe("gamma/b/verify");
});
