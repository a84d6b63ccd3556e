import { expect, test } from "vitest";
import { actorKey, actorsOf, dataText, exportAddress, objectOf, type Row } from "./filter";

const row = (change: Partial<Row> = {}): Row => ({
  seq: 7,
  topic: "p/shop",
  type: "approval_given",
  pipeline: "shop",
  at: Date.UTC(2026, 10, 21, 12),
  actor: { kind: "person", id: "1", name: "Ana", groups: [] },
  reason: "looks good",
  release: 5,
  place: "prod",
  ...change,
});

test("an export asks for all that matches", () => {
  expect(exportAddress({ pipeline: "shop", release: 5, kind: undefined, actor: "person:1" }, "csv")).toBe(
    "/api/v1/audit/export?format=csv&pipeline=shop&release=5&actor=person%3A1",
  );
});

test("the object is what is named most exactly", () => {
  expect(objectOf(row({ target: "eu/1", node: "prod/eu/1/deploy" }))).toBe("eu/1");
  expect(objectOf(row())).toBe("prod");
});

test("what an event carries reads as a line", () => {
  expect(dataText(row({ data: { to: 5, gone: null, labels: { a: 1 } } as never }))).toBe('to: 5 · labels: {"a":1}');
  expect(dataText(row())).toBe("");
});

test("actors are filtered by the server's own names, people first", () => {
  expect(actorKey({ kind: "engine" })).toBe("engine");
  expect(actorsOf([row({ actor: { kind: "engine" } }), row(), row()])).toEqual([
    { key: "person:1", name: "Ana" },
    { key: "engine", name: "the engine" },
  ]);
});
