import { expect, test } from "vitest";
import { addressOf, blockOf, type Monitor, monitorLook, sorted, wrongSince } from "./blocked";

const monitor = (id: string, change: Partial<Monitor> = {}): Monitor => ({
  id,
  pipeline: "shop",
  reads: `http GET http://127.0.0.1/${id}`,
  interval_ms: 1_000,
  since: 0,
  blocks: [],
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

test("only addresses of pages can be opened", () => {
  expect(addressOf("http GET https://a.example/x")).toBe("https://a.example/x");
  expect(addressOf("command check.sh")).toBeUndefined();
  expect(addressOf("javascript:alert(1)")).toBeUndefined();
});
