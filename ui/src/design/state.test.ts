import { expect, test } from "vitest";
import { gateLook, targetLook, worst } from "./state";

test("a folded group shows its worst member", () => {
  expect(worst(["live", "failed", "deploying"])).toBe("failed");
  expect(worst(["live", "empty"])).toBe("empty");
  expect(worst([])).toBeUndefined();
});

test("no two states of a target share shape, colour and word", () => {
  const states = ["empty", "live", "deploying", "baking", "rolling_back", "rolled_back", "failed", "unknown", "held"] as const;
  const looks = states.map((state) => JSON.stringify(targetLook(state)));
  expect(new Set(looks).size).toBe(states.length);
});

test("a rejected gate is grey, not red", () => {
  expect(gateLook("approval", "rejected")).toEqual({ glyph: "approval", tone: "idle", word: "rejected" });
});
