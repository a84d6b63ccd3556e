import { expect, test } from "vitest";
import { attempt, node, release } from "../release/example";
import { evidenceOf, givenText, keyOf, sorted, type Waiting } from "./evidence";

test("evidence counts what ran, what needed more than one attempt, and bakes", () => {
  const data = release({
    nodes: [
      node("build/package", { attempts: [attempt()] }),
      node("build/test", { attempts: [attempt(), attempt({ number: 2 })] }),
      node("beta/bake", { kind: "bake", state: "succeeded" }),
      node("prod/bake", { kind: "bake", state: null }),
    ],
  });
  expect(evidenceOf(data)).toEqual([
    { text: "jobs 2/2", tone: "ok" },
    { text: "1 needed more than one attempt", tone: "wait" },
    { text: "bakes 1/1", tone: "ok" },
  ]);
});

test("what did not go well is no good evidence", () => {
  const data = release({
    nodes: [node("build/test", { state: "failed", attempts: [attempt()] }), node("beta/bake", { kind: "bake", state: "unclear" })],
    quarantine: { by: { kind: "engine" }, reason: "alarm", since: 1 },
  });
  expect(evidenceOf(data).map(({ text, tone }) => `${text}: ${tone}`)).toEqual(["jobs 0/1: bad", "bakes 0/1: bad", "quarantined: bad"]);
});

test("the longest waiting comes first, and each has an address of its own", () => {
  const gate = { key: "prod/gates/approval", needed: 2, approvals: [{}] };
  const item = (release: number, arrived_at: number) => ({ pipeline: "shop", release, arrived_at, gate }) as unknown as Waiting;
  expect(sorted([item(2, 20), item(1, 10)]).map(keyOf)).toEqual(["shop/1/prod/gates/approval", "shop/2/prod/gates/approval"]);
  expect(givenText(item(1, 1).gate)).toBe("1/2 given");
});
