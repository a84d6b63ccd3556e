import { api, body } from "../../api/client";
import { ProblemError, problemFrom, UnreachableError } from "../../api/problem";
import { EventStreamReader } from "../../live/sse";
import type { LogReader, Tail } from "./store";

/** Reads an attempt's log from the server. */
export function serverLog(attempt: string): LogReader {
  const address = `/api/v1/attempts/${encodeURIComponent(attempt)}/log`;
  return {
    page: async (from, count, signal) =>
      body(await api.GET("/api/v1/attempts/{attempt}/log", { params: { path: { attempt }, query: { from, count } }, signal })),
    search: async (needle, signal) =>
      body(await api.GET("/api/v1/attempts/{attempt}/log/search", { params: { path: { attempt }, query: { q: needle } }, signal })),
    whole: (signal) => pieces(`${address}/raw`, signal),
    follow: (from, signal) => follow(`${address}/follow?from=${from}`, signal),
  };
}

export function rawAddress(attempt: string): string {
  return `/api/v1/attempts/${encodeURIComponent(attempt)}/log/raw`;
}

async function* follow(address: string, signal: AbortSignal): AsyncGenerator<Tail> {
  const parser = new EventStreamReader();
  for await (const piece of pieces(address, signal)) {
    for (const { event, data } of parser.read(piece)) {
      if (event === "lines") yield { kind: "lines", ...(JSON.parse(data) as { from: number; lines: string[] }) };
      else if (event === "complete") yield { kind: "complete", ...(JSON.parse(data) as { total_lines: number }) };
    }
  }
}

async function* pieces(address: string, signal: AbortSignal): AsyncGenerator<string> {
  let answer: Response;
  try {
    answer = await globalThis.fetch(address, { signal, cache: "no-store" });
  } catch (error) {
    if (signal.aborted) return;
    throw new UnreachableError(error);
  }
  if (!answer.ok) throw new ProblemError(problemFrom(answer.status, parsed(await answer.text()), address));
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
