import { expect, test } from "vitest";
import { arrivalOf, differenceOf, groupsOf, isDifferent, nameParts, type Rollout, rolloutLine, type Target } from "./targets";

function rollout(more: Partial<Rollout> = {}): Rollout {
  return {
    number: 1,
    release: 10,
    direction: { kind: "forward" },
    state: "succeeded",
    started_at: 1_000,
    deployed_at: 91_000,
    ended_at: 1_891_000,
    reason: "",
    ...more,
  };
}

function target(name: string, more: Partial<Target> = {}): Target {
  return {
    name,
    stage: "prod",
    wave: "wave-1",
    state: "live",
    live: 100,
    release: 10,
    fence: 3,
    good: [10, 8],
    bad: [],
    history: [rollout()],
    ...more,
  };
}

test("targets stand by wave, in the order of the path, and a filter leaves what fits", () => {
  const all = [target("prod/a"), target("prod/b"), target("prod/c", { wave: "wave-2", neighbours_run: 11 })];
  expect(groupsOf(all, { onlyDifferent: false }).map((group) => [group.name, group.targets.length, group.different])).toEqual([
    ["prod · wave-1", 2, 0],
    ["prod · wave-2", 1, 1],
  ]);
  expect(groupsOf(all, { onlyDifferent: true }).map((group) => group.name)).toEqual(["prod · wave-2"]);
  expect(groupsOf(all, { q: "PROD/B", onlyDifferent: false }).flatMap((group) => group.targets)).toEqual([all[1]]);
  expect(groupsOf(all, { q: "#10", onlyDifferent: false }).flatMap((group) => group.targets).length).toBe(3);
});

test("the difference from the neighbours is counted in commits, both ways", () => {
  const odd = target("prod/a", { live: 97, release: 9, neighbours_run: 10 });
  expect(differenceOf(odd, [odd, target("prod/b")])).toBe("3 commits behind its wave, which runs #10");
  const ahead = target("prod/a", { live: 101, release: 11, neighbours_run: 10 });
  expect(differenceOf(ahead, [ahead, target("prod/b")])).toBe("1 commit ahead of its wave, which runs #10");
  expect(differenceOf(target("prod/b"), [])).toBeUndefined();
});

test("commits of two histories are not counted against each other", () => {
  const odd = target("prod/a", { live: 2 ** 32 + 5, release: 9, neighbours_run: 10 });
  expect(differenceOf(odd, [odd, target("prod/b")])).toBe("its wave runs #10");
});

test("a target without anything says what its wave runs", () => {
  expect(differenceOf(target("prod/new", { release: null, live: null, neighbours_run: 10 }), [])).toBe("its wave runs #10");
});

test.each([
  [target("prod/a"), false],
  [target("prod/a", { state: "baking" }), false],
  [target("prod/a", { state: "held" }), true],
  [target("prod/a", { flag: "runs what went bad elsewhere" }), true],
  [target("prod/a", { neighbours_run: 12 }), true],
])("target %# is different: %s", (one, different) => expect(isDifferent(one)).toBe(different));

test("how it got there is the rollout that brought what runs, not a later one that failed", () => {
  const failed = rollout({ number: 3, release: 12, state: "failed" });
  expect(arrivalOf(target("prod/a", { history: [failed, rollout()] }))?.text).toBe("rolled out in 1m 30s");
  const back = rollout({ number: 4, direction: { kind: "back", from: 12 } });
  expect(arrivalOf(target("prod/a", { history: [back, failed] }))?.text).toBe("rolled back from #12 in 1m 30s");
  expect(arrivalOf(target("prod/a", { history: [] }))).toBeUndefined();
});

test("each end of a rollout reads and looks different from the others", () => {
  const states = ["running", "baking", "succeeded", "failed", "unknown", "cancelled", "rolled_back"] as const;
  const looks = states.flatMap((state) =>
    (["forward", "back"] as const).map((kind) =>
      rolloutLine(rollout({ state, direction: kind === "forward" ? { kind } : { kind, from: 12 } })),
    ),
  );
  expect(looks.every((look) => look.word !== "")).toBe(true);
  expect(new Set(states.map((state) => rolloutLine(rollout({ state })).word)).size).toBe(states.length);
  expect(rolloutLine(rollout({ state: "failed", direction: { kind: "back", from: 12 } })).word).toBe("rollback failed");
});

test("of a long name the parts in which neighbours differ are kept", () => {
  expect(nameParts("settlement-production-primary/eu-central-2/cell-0042-blue")).toEqual([
    "settlement-production-primary",
    "/eu-central-2/cell-0042-blue",
  ]);
  expect(nameParts("local/a")).toEqual(["local/a", ""]);
  expect(nameParts("a-name-without-any-slash-that-is-rather-long")).toEqual(["a-name-without-any-slash-that-is-rather-long", ""]);
});
