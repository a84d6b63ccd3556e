import { expect, test } from "vitest";
import type { FeedEvent } from "../live/protocol";
import { announcement } from "./announce";

const event = (type: FeedEvent["type"], more: Partial<FeedEvent> = {}): FeedEvent => ({
  seq: 1,
  topic: "",
  type,
  pipeline: "orders",
  at: 0,
  actor: { kind: "engine" },
  reason: "",
  release: 7,
  ...more,
});

test("the ends of things are told, in the pipeline that is open", () => {
  expect(announcement([event("wave_completed", { place: "prod/wave-3" })], "orders")).toBe("#7 is live in prod/wave-3");
  expect(announcement([event("wave_completed")], "other")).toBeUndefined();
  expect(announcement([event("job_started")], "orders")).toBeUndefined();
});

test("of many things at once the last two are told, and how many more there were", () => {
  const many = ["a", "b", "c", "d"].map((place) => event("wave_completed", { place }));
  expect(announcement(many, "orders")).toBe("#7 is live in c; #7 is live in d; and 2 more");
});
