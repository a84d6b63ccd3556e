import { expect, test } from "vitest";
import { afterwards, destination, refusedBecause, throughGitHub } from "./session";

test.each([
  [undefined, "/"],
  ["/p/orders/commits?commit=abc", "/p/orders/commits?commit=abc"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["/login?next=/login", "/"],
])("after signing in, %s leads to %s", (next, where) => expect(destination(next)).toBe(where));

test("after GitHub, an id leads to the page that this tab kept for it, once", () => {
  const kept = new Map<string, string>();
  const storage = {
    setItem: (key: string, value: string) => void kept.set(key, value),
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => void kept.delete(key),
  };
  const address = throughGitHub("/p/orders", storage);
  expect(address).toMatch(/^\/api\/v1\/session\/github\?then=[0-9a-f]{32}$/);
  const id = address.split("then=")[1] ?? "";
  expect(afterwards(id, storage)).toBe("/p/orders");
  expect(afterwards(id, storage)).toBe("/");
  expect(afterwards("made-up", storage)).toBe("/");
});

test("a refusal is told by its code, never in words of the address", () => {
  expect(refusedBecause("forbidden")).toContain("none of your teams");
  expect(refusedBecause("<b>call this number</b>")).toBe("Signing in with GitHub did not work. Try again, or sign in with a password.");
});
