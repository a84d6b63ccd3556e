import type { Schemas } from "../../api/client";
import type { Look } from "../../design/state";

/** What the server is at GitHub, in a word and a sentence. */
export function standing(github: Schemas["GitHubView"]): { look: Look; text: string } {
  switch (github.acts_as) {
    case "app":
      return {
        look: { glyph: "ok", tone: "ok", word: "connected" },
        text: `as the App ${github.app_id ?? ""}: checks, statuses, deployments.`,
      };
    case "token":
      return {
        look: { glyph: "warn", tone: "wait", word: "by a person's token" },
        text: "statuses and deployments, but no checks; and it may do what that person may.",
      };
    case "nobody":
      return {
        look: { glyph: "queued", tone: "idle", word: "not connected" },
        text: "repositories are read by git alone, and nothing is told to GitHub.",
      };
  }
}

/** What makes the App. GitHub must reach the server at its public address. */
export function connectCommand(view: Schemas["ForgesView"]): string {
  const elsewhere = view.github.url === "https://github.com" ? "" : ` --url ${view.github.url}`;
  return `tidegate github connect --public-url ${view.public_url}${elsewhere}`;
}
