import { expect, test, vi } from "vitest";
import { blocksOf, Searchable } from "./blocks";
import { type LogReader, LogStore, type Tail } from "./store";

/** A log on a server: what is stored, and what a follower hears. */
function server(lines: string[], options: { complete?: boolean; piece?: number; open?: number; tails?: Tail[][] } = {}) {
  const stored = { lines, complete: options.complete ?? true };
  const tails = [...(options.tails ?? [])];
  const asked: string[] = [];
  const reader: LogReader = {
    page: async (from, count) => {
      asked.push(`page ${from}+${count}`);
      return {
        first_line: from,
        lines: stored.lines.slice(from, from + count),
        total_lines: stored.lines.length,
        complete: stored.complete,
        lost_bytes: 0,
        times: [[from, from * 10]],
      };
    },
    times: async (from) => {
      asked.push(`times ${from}`);
      // Three in an answer.
      const times = stored.lines.map((_, line) => [line, line * 10]).slice(from, from + 3);
      return { times, ...(from + 3 < stored.lines.length ? { next: from + 3 } : {}) };
    },
    whole: () => {
      asked.push("whole");
      const text = stored.lines.map((line) => `${line}\n`).join("");
      const sent = text.slice(0, text.length - (options.open ?? 0));
      return { blocks: blocks(sent, options.piece ?? 7), find: async (needle) => found(sent, needle) };
    },
    follow: async function* (from) {
      asked.push(`follow ${from}`);
      yield* tails.shift() ?? [];
    },
    search: async (needle) => {
      const hits = stored.lines.flatMap((line, index) => (line.includes(needle) ? [index] : []));
      return { total: hits.length, lines: hits };
    },
  };
  return { stored, reader, asked };
}

/** Pieces end anywhere, also within a sign. */
async function* blocks(text: string, piece: number) {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.slice(at, at + piece);
  }
  for await (const { block } of blocksOf(pieces(), () => 0, 20)) yield block;
}

/** Lines that are whole. */
function found(text: string, needle: string): number[] {
  const lines: number[] = [];
  new Searchable(0, text.slice(0, text.lastIndexOf("\n"))).find(needle, lines);
  return lines;
}

const everything = (store: LogStore) => Array.from({ length: store.state.total }, (_, line) => store.line(line));

test("a short log is held whole, however its bytes are cut, and searched here without minding capitals", async () => {
  const lines = ["--- step 1 of 1: test", "Error: one\r", "", "two", "--- exit code 1 after 3 s"];
  const store = new LogStore(server(lines).reader);
  await store.start(0);
  expect(store.state).toMatchObject({ total: 5, phase: "whole", complete: true, error: undefined });
  expect(everything(store)).toEqual(lines.map((line) => line.replace("\r", "")));
  expect(store.errors).toEqual([1, 4]);
  expect(store.folds).toEqual([{ name: "test", first: 0, last: 4, took: "3 s", failed: true }]);
  expect(await store.search("error", new AbortController().signal)).toEqual({ total: 1, lines: [1], exact: false });
});

test("a line whose end has not come yet is shown, and is searched and judged when it is whole", async () => {
  const world = server(["one", "error: t"], {
    complete: false,
    open: 1,
    tails: [[{ kind: "lines", from: 1, lines: ["error: two", "three"], times: [] }]],
  });
  let looked: unknown;
  const store = new LogStore(world.reader, undefined, async () => {
    looked = [everything(store), [...store.errors], await store.search("ERROR", new AbortController().signal)];
    store.stop();
  });
  await store.start(0);
  expect(looked).toEqual([["one", "error: two", "three"], [1], { total: 1, lines: [1], exact: false }]);
});

test("a log beyond what a browser holds is paged around what is looked at, and searched on the server", async () => {
  const lines = Array.from({ length: 10_000 }, (_, line) => `line ${line}`);
  const { reader, asked } = server(lines, { piece: 1_000 });
  const store = new LogStore(reader, 5_000);
  await store.start(9_000);
  expect(store.state).toMatchObject({ phase: "paged", total: 10_000 });
  expect(store.line(9_000)).toBe("line 9000");
  store.want(6_100, 6_150);
  await vi.waitFor(() => expect(store.line(6_100)).toBe("line 6100"));
  expect(asked).toContain("page 6000+2000");
  expect(await store.search("line 77", new AbortController().signal)).toMatchObject({ total: 111, exact: true });
});

test("a running log is followed, also over a break, and a line that came in two pieces is whole at the end", async () => {
  const world = server(["one", "tw"], {
    complete: false,
    tails: [
      [{ kind: "lines", from: 1, lines: ["two", "thr"], times: [] }],
      [
        { kind: "lines", from: 2, lines: ["thr"], times: [] },
        { kind: "complete", total_lines: 3 },
      ],
    ],
  });
  const store = new LogStore(world.reader, undefined, async () => {
    world.stored.lines = ["one", "two", "three"];
    world.stored.complete = true;
  });
  await store.start(0);
  expect(everything(store)).toEqual(["one", "two", "three"]);
  expect(store.state).toMatchObject({ complete: true, phase: "whole" });
  expect(world.asked.filter((what) => what.startsWith("follow"))).toEqual(["follow 1", "follow 2"]);
});

test("what went wrong is told, and what is there stays", async () => {
  const gone: LogReader = { ...server([]).reader, page: () => Promise.reject(new Error("gone")) };
  const store = new LogStore(gone);
  await store.start(0);
  expect(store.state.phase).toBe("failed");
  expect(store.state.error).toEqual(new Error("gone"));
});

test("the times of a log are read once, when they are wanted, in as many answers as it takes", async () => {
  const lines = Array.from({ length: 8 }, (_, line) => `line ${line}`);
  const { reader, asked } = server(lines);
  const store = new LogStore(reader);
  await store.start(0);
  expect(asked.some((each) => each.startsWith("times"))).toBe(false);
  await Promise.all([store.readTimes(), store.readTimes()]);
  expect(asked.filter((each) => each.startsWith("times"))).toEqual(["times 0", "times 3", "times 6"]);
  expect(lines.map((_, line) => store.times.at(line))).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  expect(store.state.times).toBe(8);
});

test("lines of a log that grows bring their times along", async () => {
  const world = server(["one", "two"], {
    complete: false,
    tails: [
      [
        {
          kind: "lines",
          from: 2,
          lines: ["three", "four"],
          times: [
            [2, 700],
            [3, 800],
          ],
        },
        { kind: "complete", total_lines: 4 },
      ],
    ],
  });
  const store = new LogStore(world.reader, undefined, async () => {});
  await store.start(0);
  expect([0, 2, 3].map((line) => store.times.at(line))).toEqual([0, 700, 800]);
});
