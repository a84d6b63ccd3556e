import { queryOptions } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { plainText } from "../log/ansi";
import { firstFailingLine, foldsOf, isError } from "../log/lines";
import type { Attempt } from "./release";

const LAST_LINES = 4_000;

/** The first line that says why an attempt failed, looked for at the end of its log. It has ended: the answer never changes. */
export const failingLine = (attempt: (Pick<Attempt, "id"> & Partial<Pick<Attempt, "state" | "log_bytes">>) | undefined) =>
  queryOptions({
    queryKey: ["attempt", attempt?.id ?? "", "failing-line"],
    enabled: attempt !== undefined && (attempt.state ?? "ended") === "ended" && attempt.log_bytes !== 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<{ line: number; text: string } | null> => {
      const id = attempt?.id ?? "";
      const page = async (from: number) =>
        body(
          await api.GET("/api/v1/attempts/{attempt}/log", {
            params: { path: { attempt: id }, query: { from, count: LAST_LINES } },
            signal,
          }),
        );
      let last = await page(0);
      if (last.total_lines > last.lines.length) last = await page(Math.max(0, last.total_lines - LAST_LINES));
      const marks = last.lines.flatMap((text, at) => (text.startsWith("--- ") ? [{ line: at, text }] : []));
      const errors = last.lines.flatMap((text, at) => (isError(text) ? [at] : []));
      const line = firstFailingLine(foldsOf(marks, last.lines.length), errors, last.lines.length);
      return line === undefined ? null : { line: last.first_line + line, text: plainText(last.lines[line] ?? "").trim() };
    },
  });
