import { expect, test } from "vitest";
import { may } from "./roles";

test("a viewer may do nothing, and each role all that those before it may", () => {
  expect(may("viewer", "hold")).toBe(false);
  expect(may("developer", "hold")).toBe(true);
  expect(may("developer", "approve")).toBe(false);
  expect(may("approver", "rollback")).toBe(false);
  expect(may("operator", "rollback")).toBe(true);
  expect(may("operator", "users")).toBe(false);
  expect(may("admin", "users")).toBe(true);
  expect(may(undefined, "hold")).toBe(false);
});
