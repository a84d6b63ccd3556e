import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { lookOf, matches, type Summary, starredFirst } from "./filter";

function summary(name: string, now: Partial<Schemas["PipelineNow"]> = {}): Summary {
  return {
    name,
    created_at: 0,
    now: {
      attention: 0,
      moving: 0,
      waits_for_me: 0,
      alarms: 0,
      approvals: 0,
      failing: false,
      holds: 0,
      recent: [],
      waiting: false,
      waves: [],
      head: 3,
      head_sha: "abc1234",
      head_title: "Fix refunds",
      ...now,
    },
  };
}

test("every word must be found, in the name, the commit or its title", () => {
  const orders = summary("orders-api");
  expect(matches(orders, "refunds ord", undefined, new Set())).toBe(true);
  expect(matches(orders, "abc12", undefined, new Set())).toBe(true);
  expect(matches(orders, "ledger", undefined, new Set())).toBe(false);
});

test("failing are those where something went wrong, not those that wait", () => {
  const failed = summary("a", { waves: [{ stage: "prod", wave: "w", state: "failed", targets: 1, newest: 0 }] });
  const waits = summary("b", { attention: 1, worst: "waits for an approval", waits_for_me: 1 });
  expect([failed, waits].map((each) => matches(each, "", "failing", new Set()))).toEqual([true, false]);
  expect([failed, waits].map((each) => matches(each, "", "waiting", new Set()))).toEqual([false, true]);
  expect(lookOf(waits).tone).toBe("wait");
});

test("a pipeline without a release is not live", () => {
  expect(lookOf(summary("a", { head: null })).word).toBe("no release yet");
});

test("stars come first and keep their order", () => {
  expect(
    starredFirst(
      ["a", "b", "c"].map((name) => summary(name)),
      new Set(["c"]),
    ).map((each) => each.name),
  ).toEqual(["c", "a", "b"]);
});
