import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { across, arrived, moving, verb } from "./rollback";

const preview: Schemas["RollbackPreview"] = {
  place: { kind: "stage", stage: "prod" },
  choices: [],
  holds: true,
  is_cut: false,
  leaves_out: [],
  quarantines: [],
  seq: 1,
  targets: [
    { name: "a", from: 9, to: 5 },
    { name: "b", from: 9, stays_because: "no earlier release was good there" },
  ],
};
const target = (name: string, release: number, state: Schemas["TargetState"]): Schemas["TargetView"] => ({
  name,
  release,
  state,
  good: [],
  bad: [],
  stage: "prod",
  wave: "",
  fence: 1,
  history: [],
});

test("the button says how many targets go back, and what stays is not counted", () => {
  expect(moving(preview).map((each) => each.name)).toEqual(["a"]);
  expect(verb(preview)).toEqual({ text: "Roll back 1 target", isPossible: true });
});

test("a rollback that the server would refuse cannot be pressed", () => {
  expect(verb({ ...preview, refused: "a rollback is under way" }).isPossible).toBe(false);
  expect(verb(undefined).isPossible).toBe(false);
});

test("over several stages the furthest goes first, and a stage that would be refused is left alone", () => {
  const change = (n: number) => ({ n, sha: `${n}`, title: "", author: "", at: 0 }) as Schemas["Change"];
  const stage = (name: string, more: Partial<Schemas["RollbackPreview"]>) => ({
    ...preview,
    place: { kind: "stage", stage: name } as const,
    ...more,
  });
  const plan = across([
    stage("beta", { leaves_out: [change(9), change(8)] }),
    stage("gamma", { refused: "a rollback is under way", leaves_out: [change(7)] }),
    stage("prod", { leaves_out: [change(8)] }),
  ]);
  expect([plan.stages, plan.text, plan.leaves_out.map(({ n }) => n)]).toEqual([["prod", "beta"], "Roll back 2 targets", [9, 8]]);
});

test("a target has arrived when it runs its destination and nothing moves there", () => {
  const plan = moving(preview);
  expect(arrived(plan, [target("a", 5, "rolling_back")])).toBe(0);
  expect(arrived(plan, [target("a", 5, "rolled_back")])).toBe(1);
  expect(arrived(plan, [target("a", 9, "live")])).toBe(0);
});
