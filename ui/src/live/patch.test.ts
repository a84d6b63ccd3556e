import { expect, test } from "vitest";
import type { Schemas } from "../api/client";
import { concerns, patchFront, patchStaged, withEvent } from "./patch";
import type { FeedEvent } from "./protocol";

function event(type: Schemas["EventKind"], more: Partial<FeedEvent> = {}): FeedEvent {
  return { seq: 10, topic: "p/orders", type, pipeline: "orders", at: 500, actor: { kind: "engine" }, reason: "", ...more };
}
const changeOf = (release: number) => release * 10;
const front: Schemas["TargetFront"] = { name: "prod/a", live: 30, state: "live", release: 3, since: 100 };

test("a rollout shows the change that is on its way, and then that it is live", () => {
  const started = patchFront(front, event("rollout_started", { target: "prod/a", release: 4 }), changeOf);
  expect(started).toEqual({ name: "prod/a", live: 30, incoming: 40, state: "deploying", release: 4, since: 500 });
  const done = patchFront(started, event("rollout_succeeded", { target: "prod/a", release: 4, at: 600 }), changeOf);
  expect(done).toEqual({ name: "prod/a", live: 40, state: "live", release: 4, since: 600 });
});

test("a rollout of a release that is not known yet shows that something is on its way", () => {
  const started = patchFront(front, event("rollout_started", { target: "prod/a", release: 9 }), () => undefined);
  expect(started.state).toBe("deploying");
  expect(started.incoming).toBeUndefined();
});

test("a failure says why", () => {
  expect(patchFront(front, event("rollout_failed", { target: "prod/a", reason: "exit 1" }), changeOf)).toMatchObject({
    state: "failed",
    reason: "exit 1",
  });
});

test("an event of another target leaves the very same object, so that nothing is drawn again", () => {
  const data = { stages: [{ waves: [{ targets: [front] }] }] };
  expect(patchStaged(data, event("rollout_started", { target: "prod/b", release: 4 }), changeOf)).toBe(data);
  const changed = patchStaged(data, event("rollout_started", { target: "prod/a", release: 4 }), changeOf);
  expect(changed).not.toBe(data);
});

test("the same event twice is shown once", () => {
  const once = withEvent([], event("hold_placed"));
  expect(withEvent(once, event("hold_placed"))).toEqual(once);
});

test("an event concerns the queries whose answers it changes, and no others", () => {
  const jobs = event("job_started", { release: 4, attempt: "x.4.build.1" });
  const concerned = (key: readonly unknown[], given: FeedEvent) => concerns(key, given);
  expect(concerned(["pipeline", "orders", "release", 4], jobs)).toBe(true);
  expect(concerned(["pipeline", "orders", "release", 5], jobs)).toBe(false);
  expect(concerned(["pipeline", "orders", "progress", 50], jobs)).toBe(false);
  expect(concerned(["pipeline", "other", "board"], jobs)).toBe(false);
  expect(concerned(["runners"], jobs)).toBe(true);
  expect(concerned(["attempt", "x.4.build.1"], jobs)).toBe(true);
  expect(concerned(["approvals"], event("approval_asked"))).toBe(true);
  expect(concerned(["pipeline", "orders", "holds"], event("hold_placed"))).toBe(true);
  expect(concerned(["audit", {}], event("hold_placed"))).toBe(false);
});
