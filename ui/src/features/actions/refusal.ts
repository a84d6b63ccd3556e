import { codeOf, messageOf, ProblemError } from "../../api/problem";

/** Why an act was refused, told as who did what where that is known. */
export function refusal(error: unknown): string {
  const by = error instanceof ProblemError ? error.problem.by : undefined;
  const detail = messageOf(error);
  switch (codeOf(error)) {
    case "already_decided":
      return by ? `${by} decided already: ${detail}` : detail;
    case "superseded":
    case "outdated":
      return `${detail} Close this and look at the newer release.`;
    case "digest_mismatch":
      return `What would be approved has changed since you opened this: ${detail}`;
    case "rollback_under_way":
      return by ? `${by} has started a rollback already: ${detail}` : detail;
    default:
      return by && !detail.includes(by) ? `${detail} (${by})` : detail;
  }
}
