import type { Schemas } from "../api/client";
import type { Stage } from "../api/progress";
import { regionCode } from "../api/region";
import type { GlyphName } from "../design/glyphs";

/** One line of the palette. */
export type Command = { id: string; glyph: GlyphName; text: string; detail: string; search: string };

const MOST_SHOWN = 12;

/** The commands that fit what was typed, best first: those that begin so, then those with a word that does, then those that hold it. */
export function found(commands: readonly Command[], typed: string): Command[] {
  const words = typed.toLowerCase().trim().split(/\s+/).filter(Boolean).map(shortened);
  if (words.length === 0) return commands.slice(0, MOST_SHOWN);
  return commands
    .map((command, index) => ({ command, index, score: score(command.search, words) }))
    .filter((each) => each.score > 0)
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .slice(0, MOST_SHOWN)
    .map((each) => each.command);
}

/** The commits view knows twelve digits of each commit; whole ones are pasted. */
function shortened(word: string): string {
  return /^[0-9a-f]{13,40}$/.test(word) ? word.slice(0, 12) : word;
}

function score(text: string, words: readonly string[]): number {
  let total = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    total += at === 0 ? 3 : /[\s/#·-]/.test(text[at - 1] ?? "") ? 2 : 1;
  }
  return total;
}

export function commitCommands(changes: readonly Schemas["Change"][]): Command[] {
  return changes.map((change) => ({
    id: `commit ${change.sha}`,
    glyph: "commit",
    text: change.title,
    detail: `${change.sha.slice(0, 7)} · ${change.author}`,
    search: `${change.sha} ${change.title} ${change.author} #${change.release ?? ""}`.toLowerCase(),
  }));
}

export function targetCommands(stages: readonly Stage[]): Command[] {
  return stages.flatMap((stage) =>
    stage.waves.flatMap((wave) =>
      wave.targets.map((front) => ({
        id: `target ${front.name}`,
        glyph: "target" as const,
        text: front.name,
        detail: wave.name === "" ? stage.name : `${stage.name} · ${wave.name}`,
        search: `${front.name} ${regionCode(front.name)}`.toLowerCase(),
      })),
    ),
  );
}

/** `#412` or `412` is a release. */
export function releaseCommand(typed: string): Command | undefined {
  const number = /^#?(\d{1,9})$/.exec(typed.trim())?.[1];
  if (number === undefined) return undefined;
  return { id: `release ${number}`, glyph: "next", text: `Release #${number}`, detail: "open", search: "" };
}
