import type { Schemas } from "../../api/client";

/** Who did something, as a word. */
export function actorName(actor: Schemas["Actor"]): string {
  switch (actor.kind) {
    case "person":
      return actor.name;
    case "token":
      return `${actor.name} (token)`;
    case "runner":
      return "a runner";
    case "trigger":
      return "the source";
    case "engine":
      return "Tidegate";
  }
}
