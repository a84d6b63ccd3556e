import { expect, test } from "vitest";
import { stillAsked } from "./verdict";

test("the first of two who break the glass waits only so long for the second", () => {
  const asked = {
    attempt: "a",
    by: { kind: "engine" as const },
    reason: "burnt down",
    until: 1_000,
    verdict: { kind: "failed" as const },
  };
  expect(stillAsked(asked, 999)).toBe(asked);
  expect(stillAsked(asked, 1_000)).toBeUndefined();
  expect(stillAsked(null, 0)).toBeUndefined();
});
