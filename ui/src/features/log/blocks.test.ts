import { expect, test } from "vitest";
import { type Block, blocksOf, lastOf, lineOf, Searchable } from "./blocks";

const lines = ["--- step 1 of 1: test", "größer → 🚀", "error: no salt\r", "", "\ufefffirst", "last"];

async function read(text: string, piece: number, block_bytes = 10): Promise<Block[]> {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.slice(at, at + piece);
  }
  const found: Block[] = [];
  for await (const { block } of blocksOf(pieces(), () => 0, block_bytes)) found.push(block);
  return found;
}

const linesOf = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => Array.from({ length: lastOf(block) - block.first + 1 }, (_, at) => lineOf(block, block.first + at)));

test("wherever the bytes are cut, the lines are the same", async () => {
  for (const piece of [1, 2, 3, 7, 1_000]) {
    const blocks = await read(`${lines.join("\n")}\n`, piece);
    expect(linesOf(blocks)).toEqual(["--- step 1 of 1: test", "größer → 🚀", "error: no salt", "", "\ufefffirst", "last"]);
    expect(blocks.map((block) => block.first)).toEqual(blocks.map((_, at) => linesOf(blocks.slice(0, at)).length));
    expect(blocks.flatMap((block) => [...block.errors])).toEqual([2]);
    expect(blocks.flatMap((block) => block.marks)).toEqual([{ line: 0, text: "--- step 1 of 1: test" }]);
    expect(blocks.some((block) => block.isOpen)).toBe(false);
  }
});

test("a last line without its end is known as such, and is no error before it is whole", async () => {
  const blocks = await read("one\nerror: tw", 4, 1_000);
  expect(blocks.at(-1)?.isOpen).toBe(true);
  expect(linesOf(blocks)).toEqual(["one", "error: tw"]);
  expect(blocks.flatMap((block) => [...block.errors])).toEqual([]);
});

test("nothing is nothing, and an empty line is a line", async () => {
  expect(await read("", 5)).toEqual([]);
  expect(linesOf(await read("\n\n", 5))).toEqual(["", ""]);
});

test("a line is found once however often it holds what is looked for, as a reader sees it", () => {
  const found: number[] = [];
  new Searchable(100, "no\nsalt, Salt and SALT\r\n\nre\u001b[31mfund\u001b[0m\nsalt").find("salt", found);
  expect(found).toEqual([101, 104]);
  const across: number[] = [];
  new Searchable(0, "re\u001b[31mfund\u001b[0m").find("refund", across);
  expect(across).toEqual([0]);
});
