import type { Schemas } from "../../api/client";

type Preview = Schemas["RollbackPreview"];

/** The targets that would go back. */
export function moving(preview: Preview): Schemas["RollbackTarget"][] {
  return preview.targets.filter((target) => target.to != null && target.stays_because == null);
}

/** What the button says, and whether it can be pressed. */
export function verb(preview: Preview | undefined): { text: string; isPossible: boolean } {
  const count = preview === undefined ? 0 : moving(preview).length;
  return { text: count === 1 ? "Roll back 1 target" : `Roll back ${count} targets`, isPossible: count > 0 && preview?.refused == null };
}

/** Several stages at once, in the order of the path: what goes back, furthest first, and which commits production then lacks. */
export function across(previews: readonly Preview[]): {
  text: string;
  stages: string[];
  targets: Schemas["RollbackTarget"][];
  leaves_out: Schemas["Change"][];
} {
  const possible = previews.filter((preview) => verb(preview).isPossible).toReversed();
  const targets = possible.flatMap(moving);
  const commits = new Map(possible.flatMap((preview) => preview.leaves_out).map((change) => [change.n, change]));
  return {
    text: targets.length === 1 ? "Roll back 1 target" : `Roll back ${targets.length} targets`,
    stages: possible.flatMap(({ place }) => (place.kind === "stage" ? [place.stage] : [])),
    targets,
    leaves_out: [...commits.values()].sort((one, other) => other.n - one.n),
  };
}

/** How far a rollback is: a target has arrived when it runs its destination and nothing moves there. */
export function arrived(plan: readonly Schemas["RollbackTarget"][], now: readonly Schemas["TargetView"][]): number {
  return plan.filter(({ name, to }) => {
    const target = now.find((each) => each.name === name);
    return target !== undefined && target.release === to && target.state !== "rolling_back" && target.state !== "deploying";
  }).length;
}
