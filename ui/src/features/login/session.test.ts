import { expect, test } from "vitest";
import { destination } from "./session";

test.each([
  [undefined, "/"],
  ["/p/orders/commits?commit=abc", "/p/orders/commits?commit=abc"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["/login?next=/login", "/"],
])("after signing in, %s leads to %s", (next, where) => expect(destination(next)).toBe(where));
