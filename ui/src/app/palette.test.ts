import { expect, test } from "vitest";
import { commitCommands, found, releaseCommand, targetCommands } from "./palette";

const commands = [
  { id: "1", glyph: "commit" as const, text: "", detail: "", search: "prod/us-west-2 usw2" },
  { id: "2", glyph: "commit" as const, text: "", detail: "", search: "west wing" },
  { id: "3", glyph: "commit" as const, text: "", detail: "", search: "board" },
];

test("what begins as typed comes first, and every word must be found", () => {
  expect(found(commands, "west").map((each) => each.id)).toEqual(["2", "1"]);
  expect(found(commands, "prod usw2").map((each) => each.id)).toEqual(["1"]);
  expect(found(commands, "nothing")).toEqual([]);
  expect(found(commands, "").length).toBe(3);
});

test("a number is a release", () => {
  expect(releaseCommand("#412")?.id).toBe("release 412");
  expect(releaseCommand("412")?.id).toBe("release 412");
  expect(releaseCommand("4a2")).toBeUndefined();
});

test("a commit is found by its sha, its title, its author and its release; a target by its region's code", () => {
  const change = { n: 1, sha: "abcdef1234", title: "Fix refunds", author: "Ana", at: 0, source: "", release: 7 };
  for (const typed of ["abcdef1", "refunds", "ana", "#7"]) expect(found(commitCommands([change]), typed).length, typed).toBe(1);
  const stages = [
    { name: "prod", production: true, waves: [{ name: "w1", lane: "", targets: [{ name: "prod/us-west-2", state: "live" as const }] }] },
  ];
  expect(found(targetCommands(stages), "usw2")[0]?.text).toBe("prod/us-west-2");
});
