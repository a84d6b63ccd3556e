import { expect, test } from "vitest";
import { evidenceWords } from "./evidence";

const none = {
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

test("what speaks against a release comes first", () => {
  const words = evidenceWords({ ...none, jobs_passed: 4, alarms_bad: 1, alarms_ok: 1, bakes_passed: 1, baked_ms: 1_800_000 });
  expect(words.map((each) => each.text)).toEqual(["1 alarm firing", "4 jobs passed", "1 bake passed, 30m in all", "1 alarm quiet"]);
});

test("no evidence is said to be none, not to be good", () => {
  expect(evidenceWords(none).map((each) => [each.text, each.look.tone])).toEqual([["nothing has run yet", "idle"]]);
});
