import { expect, test } from "vitest";
import { alarmNames, blockOf, type Monitor, monitorLook, sorted, wrongSince } from "./blocked";

const monitor = (id: string, change: Partial<Monitor> = {}): Monitor => ({
  id,
  pipeline: "shop",
  reads: `http GET http://127.0.0.1/${id}`,
  interval_ms: 1_000,
  since: 0,
  blocks: [],
  alarms: [],
  system: "http",
  recent: [],
  last: { kind: "ok", detail: "fine" },
  last_at: 5,
  bad_since: null,
  dark_since: null,
  ...change,
});

test("alarms come first, the oldest before the newer", () => {
  const bad = { kind: "bad", detail: "503" } as const;
  const list = [
    monitor("well"),
    monitor("new", { last: bad, bad_since: 9 }),
    monitor("dark", { last: { kind: "unreadable", detail: "401" }, dark_since: 1 }),
    monitor("old", { last: bad, bad_since: 3 }),
  ];
  expect(sorted(list).map((each) => each.id)).toEqual(["old", "new", "dark", "well"]);
  expect(wrongSince(monitor("x"))).toBeUndefined();
});

test("a monitor that was never read is not called OK", () => {
  expect(monitorLook(monitor("x", { last: null })).word).toBe("not read yet");
  expect(monitorLook(monitor("x")).word).toBe("OK");
});

test("what is blocked leads to the release and names the place", () => {
  expect(blockOf("#6 prod/wave-1")).toEqual({ release: 6, place: "prod/wave-1" });
  expect(blockOf("the gate of prod")).toEqual({ release: undefined, place: "the gate of prod" });
});

test("the alarms that read it are named once, whoever waits for them", () => {
  const alarm = (name: string, release: number) => ({ name, place: "prod/wave-1", release, for_ms: 0 });
  expect(alarmNames(monitor("x", { alarms: [alarm("p99", 6), alarm("p99", 7), alarm("errors", 6)] }))).toBe("p99, errors");
  expect(alarmNames(monitor("x"))).toBe("");
});
