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

/** GitHub sends nothing to an address of one machine alone; the App is made without web hooks then. */
export function hearsNothing(view: Schemas["ForgesView"]): boolean {
  return isLoopback(view.public_url) && !isLoopback(view.github.url);
}

function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname.startsWith("127.") ||
    hostname === "[::1]" ||
    hostname === "0.0.0.0"
  );
}

/** Leads the browser away with this form, as GitHub wants it. */
export function post(form: Schemas["AppForm"], page: Document = document): void {
  const made = page.createElement("form");
  made.method = "post";
  made.action = form.action;
  const field = page.createElement("input");
  field.type = "hidden";
  field.name = "manifest";
  field.value = form.manifest;
  made.append(field);
  page.body.append(made);
  made.submit();
}

const refusals: Record<string, string> = {
  link_used: "What GitHub led back with did not begin here within the last hour, or was done already. Begin again.",
  forge_refused: "GitHub does not take the code any more. Delete the App there, if one was made, and begin again.",
  not_kept:
    "The App was made at GitHub, but its key could not be written down on the server's machine; the server's log says why. Delete the App at GitHub, and begin again.",
  already_configured: "The server's configuration says what it is at GitHub by now; change it there.",
};

/** Why GitHub led back and no App was made. The address only says a code: its words could be anybody's. */
export function notMadeBecause(code: string): string {
  return refusals[code] ?? "No App was made. Begin again.";
}

/** What the App may not do and should, in sentences; what an owner holds back is mended on the installation's page. */
export function lacking(app: Schemas["AppView"]): string[] {
  const own = app.permissions.filter((each) => each.is_lacking).map((each) => `${each.name}: ${each.needed}`);
  const owners = app.installations.filter((each) => own.length === 0 && each.lacks.length > 0);
  return [
    ...(own.length === 0
      ? []
      : [`The App may do too little: it needs ${own.join(", ")}. Change it on the App's page below Permissions & events.`]),
    ...owners.map((each) => `${each.account} has not granted ${each.lacks.join(", ")}. Its owner accepts that on the installation's page.`),
  ];
}

/** What became of a web hook, by this server's answer. */
export function answered(delivery: Schemas["AppDeliveryView"]): Look {
  const word = delivery.status === 0 ? delivery.outcome : `${delivery.status} ${delivery.outcome}`;
  return delivery.has_failed ? { glyph: "bad", tone: "bad", word } : { glyph: "ok", tone: "ok", word };
}

/** None: all came through. */
export function failures(deliveries: readonly Schemas["AppDeliveryView"][]): string | undefined {
  const failed = deliveries.filter((each) => each.has_failed).length;
  if (failed === 0) return undefined;
  const which = deliveries.length === 1 ? "The last web hook" : `${failed} of the last ${deliveries.length} web hooks`;
  return `${which} did not come through. What they said is found by the next look at each repository.`;
}
