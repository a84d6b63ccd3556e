import { api, body, type Schemas } from "../../api/client";
import { ProblemError, problemFrom, UnreachableError } from "../../api/problem";
import { EventStreamReader } from "../../live/sse";
import { bytesOf, Refused, Unanswered } from "./bytes";
import type { LogReader, Tail } from "./store";
import { parsed, wholeLog } from "./whole";

/** Reads an attempt's log from the server. */
export function serverLog(attempt: string): LogReader {
  const address = `/api/v1/attempts/${encodeURIComponent(attempt)}/log`;
  return {
    page: async (from, count, signal) =>
      body(await api.GET("/api/v1/attempts/{attempt}/log", { params: { path: { attempt }, query: { from, count } }, signal })),
    search: async (needle, signal) =>
      body(await api.GET("/api/v1/attempts/{attempt}/log/search", { params: { path: { attempt }, query: { q: needle } }, signal })),
    times: async (from, signal) =>
      body(await api.GET("/api/v1/attempts/{attempt}/log/times", { params: { path: { attempt }, query: { from } }, signal })),
    whole: (signal) => wholeLog(rawAddress(attempt), signal),
    follow: (from, signal) => follow(`${address}/follow?from=${from}`, signal),
  };
}

export function rawAddress(attempt: string): string {
  return `/api/v1/attempts/${encodeURIComponent(attempt)}/log/raw`;
}

async function* follow(address: string, signal: AbortSignal): AsyncGenerator<Tail> {
  const parser = new EventStreamReader();
  const decoder = new TextDecoder();
  try {
    for await (const piece of bytesOf(address, signal)) {
      for (const { event, data } of parser.read(decoder.decode(piece, { stream: true }))) {
        if (event === "lines") yield { kind: "lines", ...(JSON.parse(data) as Schemas["LogTail"]) };
        else if (event === "complete") yield { kind: "complete", ...(JSON.parse(data) as { total_lines: number }) };
      }
    }
  } catch (error) {
    if (error instanceof Refused) throw new ProblemError(problemFrom(error.status, parsed(error.text), address));
    if (error instanceof Unanswered) throw new UnreachableError(error.cause);
    throw error;
  }
}
