import { expect, test } from "vitest";
import { shortTarget } from "./places";

test("a target is named by as little as tells it from its neighbours", () => {
  const all = [{ name: "prod/eu/a" }, { name: "prod/us/a" }];
  expect(all.map((each) => shortTarget(each, all))).toEqual(["eu/a", "us/a"]);
  expect(shortTarget({ name: "local/a" }, [{ name: "local/a" }])).toBe("a");
});
