import type { Schemas } from "../../api/client";
import type { GlyphName } from "../../design/glyphs";
import type { Tone } from "../../design/state";

type Item = Schemas["Attention"];

export type Row = {
  glyph: GlyphName;
  tone: Tone;
  title: string;
  detail: string;
  act: "review" | "open" | "monitors" | "lift" | "resolve" | "targets" | undefined;
};

/** Targets that run the same bad release are one thing to look at, however many they are; in its first one's place. */
export function grouped(items: readonly Item[]): { item: Item; others: number }[] {
  const flagged = new Map<unknown, { item: Item; others: number }>();
  return items.flatMap((item) => {
    const known = item.kind === "flagged" ? flagged.get(item.release) : undefined;
    if (known !== undefined) {
      known.others += 1;
      return [];
    }
    const group = { item, others: 0 };
    if (item.kind === "flagged") flagged.set(item.release, group);
    return [group];
  });
}

/** How one thing that needs a person reads: what happened, in a line, and then why. */
export function attentionRow(item: Item, others = 0): Row {
  const where = item.target ?? item.place ?? placeOf(item.subject) ?? "";
  const at = where === "" ? "" : ` at ${where}`;
  const release = item.release == null ? "" : `#${item.release}`;
  const detail = reasonOf(item.text);
  switch (item.kind) {
    case "unknown":
      return { glyph: "unknown", tone: "wait", title: `Nobody knows what runs${at}`, detail: item.text, act: "resolve" };
    case "rollback_failed":
      return { glyph: "bad", tone: "bad", title: `Rollback of ${release} failed${at}`, detail, act: "targets" };
    case "failed":
      return { glyph: "bad", tone: "bad", title: `${nodeName(item.subject)} of ${release} failed${at}`, detail, act: "open" };
    case "unclear":
      return {
        glyph: "warn",
        tone: "wait",
        title: `${nodeName(item.subject)} of ${release} could not be judged${at}`,
        detail,
        act: "open",
      };
    case "alarm":
      return { glyph: "alarm", tone: "bad", title: `Alarms keep ${release} out of ${where || "its next wave"}`, detail, act: "monitors" };
    case "flagged":
      return {
        glyph: "flag",
        tone: "bad",
        title: `${item.target ?? "A target"}${others === 0 ? " runs" : ` and ${others === 1 ? "1 other" : `${others} others`} run`} what went bad elsewhere`,
        detail,
        act: "targets",
      };
    case "approval":
      return { glyph: "approval", tone: "wait", title: `Approve ${release}${where === "" ? "" : ` for ${where}`}`, detail, act: "review" };
    case "unreadable":
      return { glyph: "unknown", tone: "wait", title: `A gate of ${release} cannot be read`, detail, act: "monitors" };
    case "held":
      return {
        glyph: "hold",
        tone: "idle",
        title: item.place ? `${item.place} is held` : "Held",
        detail: item.text.replace(/^held by /, "by "),
        act: "lift",
      };
  }
}

/** `deploy` of `prod/wave-1/local/a/deploy`. */
function nodeName(key: string | null | undefined): string {
  return key?.split("/").at(-1) ?? "A job";
}

/** `prod` of `prod/gates/approval`. */
function placeOf(key: string | null | undefined): string | undefined {
  const at = key?.indexOf("/gates/") ?? -1;
  return at > 0 ? key?.slice(0, at) : undefined;
}

/** The server's text names the thing first: `prod/gates/approval of #32: waits for an approval`. The title says that already. */
function reasonOf(text: string): string {
  const colon = text.indexOf(": ");
  return colon < 0 ? text : text.slice(colon + 2);
}
