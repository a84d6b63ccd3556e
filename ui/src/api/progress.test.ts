import { expect, test } from "vitest";
import type { Schemas } from "./client";
import { progressOf } from "./progress";

const answer: Schemas["ProgressAnswer"] = {
  seq: 7,
  now: 1_000_000,
  accounts: ["core"],
  sources: [
    { name: "api", address: "https://git.example.com/api.git" },
    { name: "config", address: "https://git.example.com/config.git" },
  ],
  changes: [
    { n: 2, sha: "0123456789ab", title: "Two", author: "Mira", at: 0, source: 1 },
    { n: 1, sha: "ba9876543210", title: "One", author: "Mira", at: 0 },
  ],
  stages: [
    {
      name: "prod",
      production: true,
      waves: [
        {
          name: "wave-1",
          usual: { state: "live", live: 2, release: 9, since: 500_000 },
          targets: [
            { name: "core/eu-west-1", since_s: 3 },
            { name: "core/us-east-1", since_s: 0, state: "baking", until_s: 60, live: 1, release: 8 },
            { name: "edge/one", live: null, release: null, state: "empty" },
          ],
        },
        { name: "", lane: "shared", targets: [] },
      ],
    },
  ],
};

test("what a target does not say is what is usual in its wave", () => {
  const [wave] = progressOf(answer).stages[0]?.waves ?? [];
  expect(wave?.lane).toBe("prod/wave-1");
  expect(wave?.targets).toEqual([
    { name: "core/eu-west-1", account: "core", region: "eu-west-1", state: "live", live: 2, release: 9, since: 503_000 },
    { name: "core/us-east-1", account: "core", region: "us-east-1", state: "baking", live: 1, release: 8, since: 500_000, until: 560_000 },
    { name: "edge/one", state: "empty", live: null, release: null, since: null },
  ]);
});

test("a change has its source's name, and a lane its own name where it has one", () => {
  const { changes, stages } = progressOf(answer);
  expect(changes.map((change) => change.source)).toEqual(["config", "api"]);
  expect(stages[0]?.waves[1]?.lane).toBe("shared");
});
