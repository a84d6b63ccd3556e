import { expect, test } from "vitest";
import { at, changes, target } from "./front.fixture";
import { RowIndex, rowsOf } from "./rows";
import { type Part, partsOf, Scale } from "./shapes";
import { type Front, spanOfTarget, spanOfTargets } from "./span";

const index = new RowIndex(rowsOf(changes(20), new Set()));
const scale = new Scale(index, 10, index.count, 20);

/** `cap ok 3-4`: kind, fill and the rows that it covers. */
function drawn(front: Front, queued?: number): string[] {
  return partsOf(spanOfTarget(front), scale, queued).map(text);
}
const text = (part: Part) =>
  `${part.kind} ${part.fill} ${part.y / 10}-${(part.y + part.height) / 10}${part.glyph === undefined ? "" : ` ${part.glyph}`}`;

test("a live target contains everything from its commit down", () => {
  expect(drawn(target("prod/a", 3))).toEqual(["body ok 3-20", "cap ok 3-4 ok"]);
});

test("what is on its way in is a hatched band with its own cap", () => {
  expect(drawn(target("prod/a", 6, { state: "deploying", incoming: at(2) }))).toEqual([
    "body ok 6-20",
    "band run 2-6",
    "incoming run 2-3 run",
    "cap ok 6-7 ok",
  ]);
});

test("a first deployment has a band and no body: nothing runs there yet", () => {
  expect(drawn(target("prod/new", null, { state: "deploying", incoming: at(2) }))).toEqual(["band run 2-20", "incoming run 2-3 run"]);
});

test("a target that was added later starts at the commit that brought it", () => {
  expect(drawn(target("prod/new", 3, { first: at(7) }))).toEqual(["body ok 3-8", "cap ok 3-4 ok"]);
  expect(drawn(target("prod/new", null, { first: at(7), state: "deploying", incoming: at(2) }))).toEqual([
    "band run 2-8",
    "incoming run 2-3 run",
  ]);
  const both = spanOfTargets([target("prod/new", 3, { first: at(7) }), target("prod/old", 3)]);
  expect(both.first).toBeUndefined();
});

test("a target that was added later and has nothing yet is empty", () => {
  expect(drawn(target("prod/new", null))).toEqual([]);
});

test("a failed target shows what failed, and what still runs", () => {
  expect(drawn(target("prod/a", 6, { state: "failed", incoming: at(4) }))).toEqual([
    "body ok 6-20",
    "band bad 4-6",
    "incoming bad 4-5 bad",
    "cap ok 6-7 ok",
  ]);
});

test("a failure whose commit is known is drawn there", () => {
  expect(drawn(target("prod/a", 6, { state: "failed", failed: at(4) }))[1]).toBe("band bad 4-6");
});

test("a failure of which the commit is not known stands on what runs", () => {
  expect(drawn(target("prod/a", 6, { state: "failed" }))).toEqual(["body ok 6-20", "cap bad 6-7 bad"]);
});

test("after a rollback the commit that was left is an outline", () => {
  expect(drawn(target("prod/a", 9, { state: "rolled_back", left: at(5) }))).toEqual([
    "body ok 9-20",
    "left outline 5-9 back",
    "cap ok 9-10 ok",
  ]);
});

test("during a rollback the destination is what counts", () => {
  expect(drawn(target("prod/a", 5, { state: "rolling_back", left: at(5), incoming: at(9) }))).toContain("left outline 5-9");
});

test("a held target is cross-hatched with a pause", () => {
  expect(drawn(target("prod/a", 9, { state: "held" }))).toEqual(["body idle 9-20", "cap idle 9-10 hold"]);
});

test("a baking target has everything, and its cap says that it is watched", () => {
  expect(drawn(target("prod/a", 4, { state: "baking" }))).toEqual(["body ok 4-20", "cap wait 4-5 bake"]);
});

test("a target that is queued in a wave under way is an outline up to where the wave goes", () => {
  expect(drawn(target("prod/a", 9), at(5))).toEqual(["body ok 9-20", "queued outline 5-9", "cap ok 9-10 ok"]);
});

test("a commit that is not on the branch fills with dots", () => {
  expect(drawn(target("prod/a", 0, { live: 5_000, release: 5_000 }))[0]).toBe("body pinned 0-20");
});

test("a target that runs something older than the list is below it, and has no cap", () => {
  expect(drawn(target("prod/a", 400))).toEqual([]);
});

test("nobody knows what runs: hatched, with a question mark and no green", () => {
  const parts = drawn(target("prod/a", null, { state: "unknown", incoming: at(3) }));
  expect(parts).toContain("body idle 3-20");
  expect(parts).toContain("incoming wait 3-4 unknown");
  expect(parts.join()).not.toContain("ok");
});

test("many targets as one are solid from the worst and tinted up to the best", () => {
  const span = spanOfTargets([target("prod/a", 2), target("prod/b", 6), target("prod/c", 2), target("prod/held", 15, { state: "held" })]);
  expect({ runs: span.runs, of: span.of }).toEqual({ runs: 2, of: 4 });
  expect(partsOf(span, scale, undefined).map(text)).toEqual(["body ok 6-20", "some some 2-6", "cap ok 2-3 ok"]);
});

test("no column has more than five parts, and none of one kind twice", () => {
  for (const state of ["live", "deploying", "baking", "rolling_back", "rolled_back", "failed", "unknown", "held", "empty"] as const) {
    const parts = partsOf(spanOfTarget(target("prod/a", 9, { state, incoming: at(3), left: at(5) })), scale, at(2));
    expect(parts.length, state).toBeLessThanOrEqual(5);
    expect(new Set(parts.map((part) => part.kind)).size, state).toBe(parts.length);
  }
});

test("the divider lies above the first row that is everywhere, and points on it are no row", () => {
  const divided = new Scale(index, 10, 4, 20);
  expect([divided.y(3), divided.y(4), divided.height]).toEqual([30, 60, 220]);
  expect([divided.rowAt(39), divided.rowAt(40), divided.rowAt(59), divided.rowAt(60), divided.rowAt(219), divided.rowAt(220)]).toEqual([
    3,
    undefined,
    undefined,
    4,
    19,
    undefined,
  ]);
});
