import { expect, test } from "vitest";
import { labelsText, poolsOf, type Queued, type Runner } from "./pools";

const runner = (name: string, change: Partial<Runner> = {}): Runner => ({
  id: `r-${name}`,
  name,
  pool: "default",
  labels: {},
  slots: 2,
  busy: 1,
  jobs: [],
  state: "online",
  version: "0.1.0",
  registered_at: 0,
  last_seen_at: 0,
  ...change,
});
const job = (pool: string, queued_at: number): Queued => ({
  attempt: `p.${queued_at}.3.1`,
  pipeline: "shop",
  pool,
  labels: {},
  queued_at,
  reason: "no runner",
  urgent: false,
});

test("a pool counts only what can work, and shows what needs a person first", () => {
  const [pool] = poolsOf([runner("b"), runner("a", { state: "lost" }), runner("c", { state: "revoked" })], []);
  expect(pool).toMatchObject({ name: "default", online: 1, slots: 2, busy: 1 });
  expect(pool?.runners.map((each) => each.name)).toEqual(["a", "b", "c"]);
});

test("a pool without runners is shown while jobs wait for it, the longest first", () => {
  const pools = poolsOf([runner("a")], [job("gpu", 20), job("gpu", 10)]);
  expect(pools.map((pool) => [pool.name, pool.online, pool.oldest])).toEqual([
    ["default", 1, undefined],
    ["gpu", 0, 10],
  ]);
});

test("labels are read as people write them", () => {
  expect(labelsText({ arch: "arm64", gpu: "yes" })).toBe("arch=arm64 gpu=yes");
});
