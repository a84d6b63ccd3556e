import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { bars, lookOf, query, type Summary, starredFirst } from "./filter";

function summary(name: string, more: Partial<Schemas["PipelineNow"]> = {}): Summary {
  const now: Schemas["PipelineNow"] = {
    alarms: 0,
    approvals: 0,
    attention: 0,
    failing: false,
    head: 3,
    holds: 0,
    moving: 0,
    recent: [],
    waiting: false,
    waits_for_me: 0,
    waves: [],
    ...more,
  };
  return { name, created_at: 0, now };
}

test("the filter is sent to the server, stars as names", () => {
  expect(query(" refunds ", "failing", new Set())).toEqual({ q: "refunds", only: "failing" });
  expect(query("", "starred", new Set(["b", "a"]))).toEqual({ names: "a,b" });
  expect(query("", undefined, new Set(["b"]))).toEqual({});
});

test("without a star nothing is asked for: no names would mean all", () => expect(query("", "starred", new Set())).toBeUndefined());

test("a pipeline shows the worst that is true of it", () => {
  expect(lookOf(summary("a", { head: null })).word).toBe("no release yet");
  expect(lookOf(summary("a", { waves: [{ stage: "p", wave: "", state: "failed", targets: 1, newest: 0 }], moving: 1 })).word).toBe(
    "failed",
  );
  expect(lookOf(summary("a", { alarms: 1, attention: 2 })).word).toBe("alarm");
  expect(lookOf(summary("a", { attention: 1, moving: 1 })).tone).toBe("wait");
  expect(lookOf(summary("a", { moving: 1 })).word).toBe("moving");
  expect(lookOf(summary("a")).word).toBe("live");
});

test("stars come first and keep their order", () => {
  expect(
    starredFirst(
      ["a", "b", "c"].map((name) => summary(name)),
      new Set(["c"]),
    ).map((each) => each.name),
  ).toEqual(["c", "a", "b"]);
});

test("bars compare how long releases took, and one that is not over has a height of its own", () => {
  expect(
    bars([
      { release: 1, state: "completed", took_ms: 100 },
      { release: 2, state: "moving" },
      { release: 3, state: "failed", took_ms: 1 },
    ]),
  ).toEqual([1, 0.35, 0.15]);
});
