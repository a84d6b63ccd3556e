import { expect, test } from "vitest";
import { passwordProblem, rolesUpTo, sorted, type Token, tokenState } from "./tokens";

const token = (id: string, change: Partial<Token> = {}): Token => ({
  id,
  name: id,
  role: "viewer",
  is_personal: true,
  created_by: "1",
  created_at: 0,
  expires_at: 100,
  revoked_at: null,
  last_used_at: null,
  ...change,
});

test("a token that is over or revoked is not called valid, and stands below", () => {
  const list = [token("old", { expires_at: 5 }), token("gone", { revoked_at: 3 }), token("new", { created_at: 9 }), token("first")];
  expect(sorted(list, 10).map((each) => `${each.id} ${tokenState(each, 10)}`)).toEqual([
    "new valid",
    "first valid",
    "old expired",
    "gone revoked",
  ]);
});

test("nobody gives a token a role above their own", () => {
  expect(rolesUpTo("approver")).toEqual(["viewer", "developer", "approver"]);
});

test("a short password is told before it is sent", () => {
  expect(passwordProblem("short")).toBe("At least 12 characters; it has 5.");
  expect(passwordProblem("long enough to be one")).toBeUndefined();
  expect(passwordProblem("")).toBeUndefined();
});
