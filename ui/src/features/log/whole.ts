import { ProblemError, problemFrom, UnreachableError } from "../../api/problem";
import type { Block } from "./blocks";
import { Shelf } from "./shelf";
import type { FromReader, ToReader } from "./whole-protocol";

/** All of a log that is stored now. */
export type Whole = {
  blocks: AsyncIterable<Block>;
  /** The lines that hold `needle`, in small letters, among all that are whole. */
  find(needle: string): Promise<readonly number[]>;
};

/** Reads a log in a thread of its own, until `signal` says that nobody looks at it any more. */
export function wholeLog(address: string, signal: AbortSignal): Whole {
  const waiting: ((lines: readonly number[]) => void)[] = [];
  const arrived: FromReader[] = [];
  let wake: () => void = () => {};
  let asked = 0;
  const receive = (message: FromReader) => {
    if (message.kind === "found") {
      waiting[message.id]?.([...message.lines]);
      delete waiting[message.id];
      return;
    }
    arrived.push(message);
    wake();
  };
  const send = signal.aborted ? () => {} : started(receive, signal);
  signal.addEventListener("abort", () => wake());
  send({ kind: "read", address: new URL(address, globalThis.location.href).href });
  async function* blocks(): AsyncGenerator<Block> {
    while (!signal.aborted) {
      const message = arrived.shift();
      if (message === undefined) {
        await new Promise<void>((done) => {
          wake = done;
        });
      } else if (message.kind === "block") yield message.block;
      else if (message.kind === "end") return;
      else throw errorOf(message, address);
    }
  }
  return {
    blocks: blocks(),
    find: (needle) =>
      new Promise((done) => {
        const id = asked++;
        waiting[id] = done;
        send({ kind: "find", id, needle });
      }),
  };
}

/** A worker; or, where its file is gone since the server was renewed, the page itself. */
function started(receive: (message: FromReader) => void, signal: AbortSignal): (message: ToReader) => void {
  const worker = new Worker(new URL("./whole.worker.ts", import.meta.url), { type: "module", name: "tidegate-log" });
  const sent: ToReader[] = [];
  let hasSpoken = false;
  let own: Shelf | undefined;
  worker.onmessage = (message: MessageEvent<FromReader>) => {
    hasSpoken = true;
    receive(message.data);
  };
  worker.onerror = (event) => {
    if (hasSpoken) return receive({ kind: "failed", message: event.message });
    own = new Shelf(receive, signal);
    for (const message of sent) own.receive(message);
  };
  signal.addEventListener("abort", () => worker.terminate());
  return (message) => {
    if (own !== undefined) return own.receive(message);
    sent.push(message);
    worker.postMessage(message);
  };
}

function errorOf(message: FromReader, address: string): Error {
  switch (message.kind) {
    case "refused":
      return new ProblemError(problemFrom(message.status, parsed(message.text), address));
    case "unanswered":
      return new UnreachableError(undefined);
    case "failed":
      return new Error(message.message);
    default:
      return new Error(`the reader of the log said ${message.kind}`);
  }
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
