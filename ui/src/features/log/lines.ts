import { plainText } from "./ansi";
import type { Mark } from "./blocks";

/** What one line is, beside its text. */
export type LineKind = "text" | "error" | "step" | "end" | "notice";

const stepLine = /^--- step (\d+) of (\d+): (.*)$/;
const endLine = /^--- (?:exit code (\d+)|(.+?)) after (\S+(?: \S+)?)$/;
const wrong = /\b(?:errors?|fail(?:ed|ure|ures)?|fatal|panic(?:ked)?|exception|traceback|assert(?:ion)? failed)\b|^\s*(?:E\s{2,}|✕|✗|✘)/i;
// "0 failed", "no errors", "error_log", "failed=0", "--fail-on-error" report or name failures, they are none.
const harmless =
  /\b(?:0|no|without|zero) (?:errors?|fail(?:ed|ures?)|exceptions?)\b|\b(?:errors?|failed|failures?)\s*[:=]\s*0\b|\bon[-_]error\b|\b(?:error|fail)[-_]\w|[-_](?:error|fail)\b/i;

// Most lines have none of these: they are told from errors without being taken apart.
const remarkable = /err|fail|fatal|panic|exception|traceback|assert|E\s\s|[✕✗✘]|^---/i;

export function isError(line: string): boolean {
  return remarkable.test(line) && lineKind(line) === "error";
}

export function lineKind(line: string): LineKind {
  const text = plainText(line);
  if (text.startsWith("--- ")) {
    if (stepLine.test(text)) return "step";
    if (endLine.test(text)) return text.startsWith("--- exit code 0 ") ? "end" : "error";
    return "notice";
  }
  return wrong.test(text) && !harmless.test(text) ? "error" : "text";
}

/** A step's lines: `first` is its heading; `last` is the line that says how it ended, or the newest line of a step that runs. */
export type Fold = { name: string; first: number; last: number; took: string | null; failed: boolean };

/** The runner's own lines around steps, as foldable groups. `known` groups are gone on with when the log grows. */
export function foldsOf(marks: readonly Mark[], total: number, known: readonly Fold[] = []): Fold[] {
  const folds = known.map((fold) => ({ ...fold }));
  let open = folds.at(-1);
  if (open !== undefined && open.took !== null) open = undefined;
  for (const { line, text } of marks) {
    const step = stepLine.exec(text);
    const end = endLine.exec(text);
    if (step !== null) {
      if (open !== undefined) open.last = line - 1;
      open = { name: step[3] ?? "", first: line, last: total - 1, took: null, failed: false };
      folds.push(open);
    } else if (end !== null && open !== undefined) {
      open.last = line;
      open.took = end[3] ?? "";
      open.failed = end[1] !== "0";
      open = undefined;
    }
  }
  if (open !== undefined) open.last = total - 1;
  return folds;
}

/** Where a failed log is worth reading first: the first error of the step that failed, or what it said last. */
export function firstFailingLine(folds: readonly Fold[], errors: readonly number[], total: number): number | undefined {
  const failed = folds.find((fold) => fold.failed);
  const [first, last] = failed === undefined ? [0, total - 1] : [failed.first + 1, failed.last - 1];
  const line = errors.find((error) => error >= first && error <= last);
  if (line !== undefined) return line;
  return failed === undefined ? undefined : Math.max(failed.last - 1, failed.first);
}

/** The next line after `from` that is an error, going round; `undefined` when there is none. */
export function nextOf(lines: readonly number[], from: number, step: 1 | -1): number | undefined {
  if (lines.length === 0) return undefined;
  if (step === 1) return lines.find((line) => line > from) ?? lines[0];
  return lines.findLast((line) => line < from) ?? lines.at(-1);
}

/** Errors one after the other belong together: jumping goes from one group to the next. */
export function groupStarts(errors: readonly number[]): number[] {
  return errors.filter((line, index) => index === 0 || line > (errors[index - 1] ?? 0) + 1);
}

/** Whether `line` holds `needle` in what can be seen of it. `ignoreCase`: `needle` is in small letters already. */
export function holds(line: string, needle: string, ignoreCase: boolean): boolean {
  const text = plainText(line);
  return (ignoreCase ? text.toLowerCase() : text).includes(needle);
}
