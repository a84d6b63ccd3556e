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

/** How far a rollback is: a target has arrived when it runs its destination and nothing moves there. */
export function arrived(plan: readonly Schemas["RollbackTarget"][], now: readonly Schemas["TargetView"][]): number {
  return plan.filter(({ name, to }) => {
    const target = now.find((each) => each.name === name);
    return target !== undefined && target.release === to && target.state !== "rolling_back" && target.state !== "deploying";
  }).length;
}
