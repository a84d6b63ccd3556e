import type { Schemas } from "../../api/client";
import { actorName } from "../../api/places";

/** In words, why a gate of a release waits for nobody any more. */
export function overBecause(
  release: Pick<Schemas["ReleaseAnswer"], "gates" | "overrides" | "superseded_by"> | undefined,
  gate: string,
  newer: number | undefined,
): string {
  const now = release?.gates.find(({ key }) => key === gate);
  const forced = release?.overrides.find((override) => override.gate === gate);
  if (forced !== undefined) return `${actorName(forced.by)} has overridden the gate`;
  if (now?.rejected != null) return `${actorName(now.rejected.by)} has rejected it${now.rejected.reason && `: “${now.rejected.reason}”`}`;
  if (now?.state === "open" && now.approvals.length > 0)
    return `${list(now.approvals.map((given) => actorName(given.by)))} ${now.approvals.length === 1 ? "has" : "have"} approved it`;
  const instead = newer ?? release?.superseded_by;
  if (instead != null) return `#${instead} took its place and carries its commits`;
  return "somebody decided, or a newer release took its place";
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
