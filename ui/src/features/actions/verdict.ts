import type { Schemas } from "../../api/client";

export type Verdict = Schemas["Verdict"]["kind"];

/** What a person can have found at a target whose last attempt was lost. */
export const verdicts: Record<Verdict, string> = {
  succeeded: "the deployment succeeded: the new release runs",
  failed: "the deployment failed: roll back",
  again: "nobody knows: run it again",
};

/** The first of two people who break the glass, as long as the second may follow. */
export function stillAsked(asked: Schemas["GlassAsked"] | null | undefined, now_ms: number): Schemas["GlassAsked"] | undefined {
  return asked != null && asked.until > now_ms ? asked : undefined;
}
