import type { Schemas } from "../../api/client";

export type Finding = Schemas["Diagnostic"];

/** Findings by the line that they begin at, counted from 1. */
export function byLine(findings: readonly Finding[]): Map<number, Finding[]> {
  const found = new Map<number, Finding[]>();
  for (const finding of findings) found.set(finding.place.line, [...(found.get(finding.place.line) ?? []), finding]);
  return found;
}

export type LineRange = { first: number; last: number };

/** `#L12-L14`: the lines that an address names, counted from 1. */
export function rangeOf(fragment: string): LineRange | undefined {
  const match = /^#?L(\d{1,6})(?:-L?(\d{1,6}))?$/.exec(fragment);
  if (match === null) return undefined;
  const [one, other] = [Number(match[1]), Number(match[2] ?? match[1])];
  return { first: Math.min(one, other), last: Math.max(one, other) };
}

/** How many of each severity, as a sentence. */
export function summary(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.length - errors;
  if (findings.length === 0) return "This file is valid.";
  return [errors > 0 ? count(errors, "error") : "", warnings > 0 ? count(warnings, "warning") : ""].filter(Boolean).join(", ");
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}
