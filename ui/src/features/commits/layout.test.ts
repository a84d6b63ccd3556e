import { expect, test } from "vitest";
import { at, changes, gate, large, medium, NOW, stage, target, wave } from "./front.fixture";
import { gateLabel, heldText, markerBox, shortText, toneOf } from "./gate";
import { columnAt, frontPath, gatesOf, layoutOf, shortName, shortWave } from "./layout";
import { everywhereRow, everywhereText, reachOf } from "./progress";
import { RowIndex, rowsOf } from "./rows";
import { Scale } from "./shapes";

const index = new RowIndex(rowsOf(changes(27), new Set()));
const scale = new Scale(index, 25, index.count, 20);

test("32 targets on a usual screen are shown one by one, with their names", () => {
  const layout = layoutOf(medium().stages, undefined, "comfortable", 900);
  expect(layout.level).toBe("targets");
  expect(layout.hasLabels).toBe(true);
  expect(layout.hasRoomForGates).toBe(true);
  expect(layout.width).toBeLessThanOrEqual(901);
});

test("the finest level is chosen at which a column has three pixels", () => {
  const { stages } = large();
  expect([1_100, 800, 600, 200].map((width) => layoutOf(stages, undefined, "dense", width).level)).toEqual([
    "targets",
    "waves",
    "waves",
    "stages",
  ]);
});

test("an explicit level is kept where it needs to scroll", () => {
  const layout = layoutOf(large().stages, "targets", "dense", 400);
  expect(layout.level).toBe("targets");
  expect(layout.columns.length).toBe(240);
  expect(layout.column_px).toBeGreaterThanOrEqual(3);
});

test("columns share the width equally, but a wave is never too narrow for its name", () => {
  const layout = layoutOf(medium().stages, "targets", "comfortable", 900);
  const oneBox = layout.columns.find((column) => column.wave === "one-box");
  const many = layout.columns.filter((column) => column.wave === "wave-4");
  expect(oneBox?.width).toBeGreaterThanOrEqual(34);
  expect(new Set(many.map((column) => column.width)).size).toBe(1);
  expect(many[0]?.width).toBeLessThan(34);
});

test("few targets do not become bars as wide as the screen", () => {
  const layout = layoutOf([stage("prod", [wave("", [target("local/a", 1), target("local/b", 1)])])], undefined, "comfortable", 1_500);
  expect(layout.columns.map((column) => column.width)).toEqual([46, 46]);
});

test("a gutter is wide where there is a gate and narrow elsewhere", () => {
  const layout = layoutOf(medium().stages, "targets", "comfortable", 900);
  expect(layout.gates.map((each) => [each.place, each.width])).toEqual([
    ["prod/one-box", 42],
    ["prod/wave-1", 42],
    ["prod/wave-2", 42],
    ["prod/wave-3", 42],
    ["prod/wave-4", 42],
  ]);
});

test("where gutters would eat the picture, gates become small", () => {
  const waves = Array.from({ length: 20 }, (_, each) => wave(`w${each}`, [target(`prod/${each}`, 5)], { gate: gate("window", 3, 2) }));
  const layout = layoutOf([stage("prod", waves)], "targets", "comfortable", 900);
  expect(layout.hasRoomForGates).toBe(false);
  expect(layout.gates[3]?.width).toBe(16);
});

test("a folded stage keeps the gates inside it that hold something", () => {
  const layout = layoutOf(medium().stages, "stages", "comfortable", 900);
  expect(layout.columns.map((column) => column.place)).toEqual(["build", "beta", "gamma", "prod"]);
  expect(layout.gates.filter((each) => each.isInner).map((each) => each.place)).toEqual(["prod/wave-1", "prod/wave-2", "prod/wave-3"]);
});

test("between two waves the step that bakes is a gate too", () => {
  const stages = [
    stage("gamma", [wave("", [target("gamma/a", 2, { state: "baking" }), target("gamma/b", 2, { state: "baking" })])]),
    stage("prod", [wave("", [target("prod/a", 6)])]),
  ];
  const bake = gatesOf(stages).get(stages[1]?.waves[0] as never);
  expect(bake).toMatchObject({ kind: "bake", change: at(2), held: 4, reason: "2 targets bake" });
});

test("the front holds its level through a gutter and drops at the next wave", () => {
  const stages = [stage("a", [wave("", [target("a/1", 1), target("a/2", 1)])]), stage("b", [wave("", [target("b/1", 4)])])];
  const layout = layoutOf(stages, "targets", "comfortable", 400);
  const [first, second, third] = layout.columns;
  expect(frontPath(layout.columns, scale)).toBe(`M${first?.x} 25H${second?.x}V25H${third?.x}V100H${(third?.x ?? 0) + (third?.width ?? 0)}`);
});

test("a point of the picture finds its column, and none in a gutter", () => {
  const layout = layoutOf(medium().stages, "targets", "comfortable", 900);
  const beta = layout.columns[1];
  expect(columnAt(layout, (beta?.x ?? 0) + 1)?.key).toBe("beta/us-west-2");
  expect(columnAt(layout, (beta?.x ?? 0) - 1)).toBeUndefined();
  expect(columnAt(layout, 10_000)).toBeUndefined();
});

test("targets in a moving wave that have not begun are queued", () => {
  const layout = layoutOf(medium().stages, "targets", "comfortable", 900);
  expect(layout.columns.filter((column) => column.queued !== undefined).map((column) => column.key)).toEqual([
    "prod/sa-east-1",
    "prod/ap-south-1",
    "prod/us-west-2",
  ]);
});

test("everywhere leaves out what is held or has nothing yet, and says so", () => {
  const { row, except } = everywhereRow(medium().stages, index);
  expect(row).toBe(20);
  expect(everywhereText(except)).toBe("On every target that runs something except 1 held; 1 is still empty");
});

test("each row counts the targets that have it", () => {
  const reach = reachOf(medium().stages, index);
  expect([reach[0], reach[3], reach[4], reach[20], reach[23]]).toEqual([0, 1, 3, 29, 30]);
});

test.each([
  [gate("approval", 3, 2, { needed: 2, given: 1 }), "1/2", "wait"],
  [gate("alarms", 3, 2), "alarm", "bad"],
  [gate("window", 3, 2, { until: NOW + 12 * 60_000 }), "12m", "wait"],
  [gate("window", 3, 2), "closed", "wait"],
  [gate("metric", 3, 2, { state: "unreadable" }), "no data", "bad"],
  [gate("approval", 3, 2, { state: "rejected" }), "said no", "idle"],
  [gate("lane", 3, 2), "next", "idle"],
])("a %o says %s in the tone %s", (each, text, tone) => {
  expect(shortText(each, NOW)).toBe(text);
  expect(toneOf(each)).toBe(tone);
});

test("a marker stands on the row that waits, inside the picture, and is called by its whole reason", () => {
  const layout = layoutOf(medium().stages, "targets", "comfortable", 900);
  const approval = layout.gates.find((each) => each.place === "prod/wave-1");
  if (approval === undefined) throw new Error("there is no approval before wave-1");
  const box = markerBox(approval, scale, true);
  expect(box?.y).toBe(scale.y(7) + 2);
  expect((box?.x ?? 0) + (box?.width ?? 0) / 2).toBe(approval.x + approval.width / 2);
  expect(gateLabel(approval, NOW)).toBe("Before prod · wave-1: waits for the approval, 3 commits held, you can act");
  const low = markerBox({ ...approval, gate: gate("approval", 900, 3) }, scale, true);
  expect((low?.y ?? 0) + (low?.height ?? 0)).toBeLessThanOrEqual(scale.height);
});

test("idle gates have no marker, only their glyph above", () => {
  const layout = layoutOf(medium().stages, "targets", "comfortable", 900);
  const idle = layout.gates.at(-1);
  expect(idle && markerBox(idle, scale, true)).toBeUndefined();
});

test("thousands that are held still fit", () => expect([15, 999, 2_400].map(heldText)).toEqual(["15 held", "999 held", "2k held"]));

test("a wave without room for its name keeps its number", () => {
  expect(["wave-3", "one-box", "canary"].map(shortWave)).toEqual(["3", "box", "can"]);
});

test.each([
  ["prod/us-east-1", "use1"],
  ["prod/ap-northeast-3", "apne3"],
  ["prod/us-gov-west-1", "usgw1"],
  ["prod/eu-west-1/blue", "euw1·blue"],
  ["local/a", "a"],
  ["prod/eu-west-1-but-not-a-region", "eu-west-1-but-not-a-region"],
])("%s is written %s", (name, short) => expect(shortName(target(name, 1))).toBe(short));
