import { expect, test } from "vitest";
import { cells, lastWritten, plainText, safeLink, segments } from "./ansi";

const esc = "\u001b";

test("colours and weights become looks, and a reset takes them away", () => {
  expect(segments(`${esc}[31mFAIL${esc}[0m tests ${esc}[1;36mrefund${esc}[22m.rs`)).toEqual([
    { text: "FAIL", ink: "red" },
    { text: " tests " },
    { text: "refund", bold: true, ink: "cyan" },
    { text: ".rs", ink: "cyan" },
  ]);
});

test("256 and true colours become the nearest of the sixteen, and what follows them is read on", () => {
  expect(segments(`${esc}[38;5;196;1mred`)).toEqual([{ text: "red", ink: "red", bold: true }]);
  expect(segments(`${esc}[38;2;20;200;30mgreen`)).toEqual([{ text: "green", ink: "green" }]);
  expect(segments(`${esc}[48;5;9mon`)).toEqual([{ text: "on", ground: "bright-red" }]);
  expect(segments(`${esc}[38;5;250mpale`)).toEqual([{ text: "pale", ink: "white" }]);
});

test("markup stays text", () => {
  const hostile = `<script>alert(1)</script><img src=x onerror=alert(1)>`;
  expect(segments(hostile)).toEqual([{ text: hostile }]);
  expect(segments(`${esc}[31m${hostile}`)).toEqual([{ text: hostile, ink: "red" }]);
});

test("a link is a link only to http and https", () => {
  const link = (address: string) => segments(`${esc}]8;;${address}${esc}\\here${esc}]8;;${esc}\\ after`);
  expect(link("https://ci.example/1")).toEqual([{ text: "here", href: "https://ci.example/1" }, { text: " after" }]);
  expect(link("javascript:alert(1)")).toEqual([{ text: "here" }, { text: " after" }]);
  expect(link("data:text/html,<script>1</script>")).toEqual([{ text: "here" }, { text: " after" }]);
  expect(segments(`${esc}]8;id=1;http://a.example/\u0007x`)).toEqual([{ text: "x", href: "http://a.example/" }]);
  expect(safeLink(" https://a.example")).toBeUndefined();
  expect(safeLink("https://")).toBeUndefined();
});

test("titles, cursor moves, device strings and sequences that never end leave nothing behind", () => {
  expect(segments(`${esc}]0;owned\u0007text`)).toEqual([{ text: "text" }]);
  expect(segments(`${esc}[2K${esc}[1Gtext${esc}[10;5H${esc}[?25l`)).toEqual([{ text: "text" }]);
  expect(segments(`a${esc}P1;2|payload${esc}\\b`)).toEqual([{ text: "a" }, { text: "b" }]);
  expect(segments(`a${esc}]52;c;c3RlYWw=`)).toEqual([{ text: "a" }]);
  expect(segments(`a\u009b31mb`)).toEqual([{ text: "a" }, { text: "b", ink: "red" }]);
  expect(segments(`a${esc}`)).toEqual([{ text: "a" }]);
});

test("marks that turn the direction or cannot be seen are made visible", () => {
  expect(segments("if (admin\u202e) { //\u2066")).toEqual([
    { text: "if (admin" },
    { text: "⟨U+202E⟩", control: true },
    { text: ") { //" },
    { text: "⟨U+2066⟩", control: true },
  ]);
  expect(plainText("pass\u200bword")).toBe("pass⟨U+200B⟩word");
  expect(plainText("bell\u0007 null\u0000 delete\u007f")).toBe("bell␇ null␀ delete␡");
  expect(plainText("tag\u{e0041}")).toBe("tag⟨U+E0041⟩");
});

test("a progress bar shows its last state", () => {
  expect(lastWritten("10 %\r50 %\r100 %")).toBe("100 %");
  expect(lastWritten("100 %\r")).toBe("100 %");
  expect(lastWritten("whole")).toBe("whole");
});

test("width counts what is seen", () => {
  expect(cells(`${esc}[31mFAIL${esc}[0m`)).toBe(4);
  expect(cells("a\tb")).toBe(9);
  expect(cells("部署")).toBe(4);
});

test("100,000 lines are tokenized in a moment", () => {
  const line = `${esc}[32mok  ${esc}[0m tests/refund.rs::case_001 ${esc}[90min 28 ms${esc}[0m`;
  const start = performance.now();
  let pieces = 0;
  for (let n = 0; n < 100_000; n += 1) pieces += segments(line).length;
  expect(pieces).toBe(300_000);
  expect(performance.now() - start).toBeLessThan(5_000);
});
