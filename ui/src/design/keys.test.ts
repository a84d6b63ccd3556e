import { expect, test } from "vitest";
import { everywhere, meant, type Shortcut } from "./keys";

const key = (keys: string, does = keys): Shortcut => ({ keys, does, act: () => {} });

test("a sequence goes before its last key alone", () => {
  const list = [key("b"), key("g b")];
  expect(meant(list, "g", "b")?.keys).toBe("g b");
  expect(meant(list, "", "b")?.keys).toBe("b");
  expect(meant(list, "x", "z")).toBeUndefined();
});

test("what was registered last wins", () => {
  expect(meant([key("n", "page"), key("n", "panel")], "", "n")?.does).toBe("panel");
});

test("a page's own key goes before the one that works everywhere, whichever was there first", () => {
  const general: Shortcut = { ...key("/", "find anything"), group: everywhere };
  const own: Shortcut = { ...key("/", "filter pipelines"), group: "Pipelines" };
  for (const list of [
    [general, own],
    [own, general],
  ]) {
    expect(meant(list, "", "/")?.does).toBe("filter pipelines");
  }
  expect(meant([general], "", "/")?.does).toBe("find anything");
});
