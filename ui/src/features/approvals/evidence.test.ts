import { expect, test } from "vitest";
import { evidenceOf, givenText, keyOf, sorted, type Waiting } from "./evidence";

const nothing = {
  alarms_bad: 0,
  alarms_ok: 0,
  alarms_unread: 0,
  baked_ms: 0,
  bakes_not_passed: 0,
  bakes_passed: 0,
  jobs_failed: 0,
  jobs_passed: 0,
  jobs_retried: 0,
  overrides: 0,
};
const words = (change: Partial<typeof nothing>) => evidenceOf({ ...nothing, ...change }).map(({ text, tone }) => `${text}: ${tone}`);

test("evidence counts what ran, what needed more than one attempt, bakes and alarms", () => {
  expect(words({ jobs_passed: 12, jobs_retried: 1, bakes_passed: 3, baked_ms: 5_400_000, alarms_ok: 2 })).toEqual([
    "jobs 12/12: ok",
    "1 needed more than one attempt: wait",
    "bakes 3/3, 1h 30m: ok",
    "alarms ok 2: ok",
  ]);
});

test("what did not go well is no good evidence, and well alarms do not hide one that fires", () => {
  expect(
    words({ jobs_passed: 1, jobs_failed: 1, bakes_not_passed: 1, alarms_bad: 1, alarms_ok: 5, alarms_unread: 2, overrides: 1 }),
  ).toEqual(["jobs 1/2: bad", "bakes 0/1: wait", "1 alarm fires: bad", "2 alarms cannot be read: wait", "1 gate overridden: wait"]);
  expect(words({})).toEqual([]);
});

test("the longest waiting comes first, and each has an address of its own", () => {
  const gate = { key: "prod/gates/approval", needed: 2, approvals: [{}] };
  const item = (release: number, arrived_at: number) => ({ pipeline: "shop", release, arrived_at, gate }) as unknown as Waiting;
  expect(sorted([item(2, 20), item(1, 10)]).map(keyOf)).toEqual(["shop/1/prod/gates/approval", "shop/2/prod/gates/approval"]);
  expect(givenText(item(1, 1).gate)).toBe("1/2 given");
});
