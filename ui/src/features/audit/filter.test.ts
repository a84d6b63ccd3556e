import { expect, test } from "vitest";
import { actorKey, actorsOf, csv, dataText, jsonLines, objectOf, type Row } from "./filter";

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

test("an export can be read by a spreadsheet and runs nothing there", () => {
  const text = csv([row({ reason: 'say "yes", twice' }), row({ reason: "=HYPERLINK(1)" })]);
  expect(text.split("\r\n")).toEqual([
    "at,seq,pipeline,release,type,place,target,node,actor,reason,attempt",
    '2026-11-21T12:00:00.000Z,7,shop,5,approval_given,prod,,,Ana,"say ""yes"", twice",',
    "2026-11-21T12:00:00.000Z,7,shop,5,approval_given,prod,,,Ana,'=HYPERLINK(1),",
  ]);
});

test("JSON lines are the API's own objects", () => {
  expect(
    jsonLines([row(), row({ seq: 8 })])
      .split("\n")
      .map((line) => JSON.parse(line).seq),
  ).toEqual([7, 8]);
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
