import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { release } from "./example";
import { previewOf } from "./release";

const boardOf = (front: { name: string; release: number; state: string }) =>
  ({ stages: [{ waves: [{ targets: [front] }] }] }) as unknown as Schemas["BoardAnswer"];

test("a preview is led to while its target runs this release, and never to what is no web address", () => {
  const shown = release({ preview: { target: "local/one/pr-7", address: "http://localhost:8087" } });
  const live = { name: "local/one/pr-7", release: 7, state: "live" };
  expect(previewOf(shown, boardOf(live))).toBe("http://localhost:8087");
  expect(previewOf(shown, boardOf({ ...live, release: 8 }))).toBeUndefined();
  expect(previewOf(shown, boardOf({ ...live, state: "deploying" }))).toBeUndefined();
  expect(previewOf(shown, boardOf({ ...live, name: "local/one" }))).toBeUndefined();
  expect(previewOf(shown, undefined)).toBeUndefined();
  const hostile = release({ preview: { target: "local/one/pr-7", address: "javascript:alert(1)" } });
  expect(previewOf(hostile, boardOf(live))).toBeUndefined();
  expect(previewOf(release(), boardOf(live))).toBeUndefined();
});
