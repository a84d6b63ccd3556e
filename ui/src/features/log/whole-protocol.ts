import type { Block } from "./blocks";

/** What a page asks the worker that reads a whole log. */
export type ToReader = { kind: "read"; address: string } | { kind: "find"; id: number; needle: string };

/** What the worker answers. A block's bytes are handed over and not copied. */
export type FromReader =
  | { kind: "block"; block: Block }
  | { kind: "end" }
  | { kind: "refused"; status: number; text: string }
  | { kind: "unanswered" }
  | { kind: "failed"; message: string }
  | { kind: "found"; id: number; lines: Uint32Array<ArrayBuffer> };
