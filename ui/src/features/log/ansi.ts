/**
 * One line of a log as pieces of text with looks. The text is other people's: what comes out is only ever put into text nodes, colours are
 * names of our own, links are http(s) only, and whatever would hide or reorder text is made visible.
 */
export type Colour =
  | "black"
  | "red"
  | "green"
  | "yellow"
  | "blue"
  | "magenta"
  | "cyan"
  | "white"
  | "grey"
  | "bright-red"
  | "bright-green"
  | "bright-yellow"
  | "bright-blue"
  | "bright-magenta"
  | "bright-cyan"
  | "bright-white";

export type Segment = {
  text: string;
  ink?: Colour;
  ground?: Colour;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
  inverse?: boolean;
  href?: string;
  /** Stands for a character that cannot be seen or that changes the order of others. */
  control?: boolean;
};

type Look = Omit<Segment, "text" | "href" | "control">;

const names: readonly Colour[] = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
  "grey",
  "bright-red",
  "bright-green",
  "bright-yellow",
  "bright-blue",
  "bright-magenta",
  "bright-cyan",
  "bright-white",
];

// ESC [ … final byte | ESC ] … BEL or ST (or the line's end) | ESC P, X, ^, _ … ST | ESC and one more; and the 8-bit forms of the first two.
const sequence = new RegExp(
  [
    "(?:\\u001b\\[|\\u009b)([0-?]*)[ -/]*([@-~])",
    "(?:\\u001b\\]|\\u009d)([^\\u0007\\u001b\\u009c]*)(?:\\u0007|\\u001b\\\\|\\u009c|$)",
    "\\u001b[PX^_][^\\u001b]*(?:\\u001b\\\\|$)",
    "\\u001b[ -/]*[0-~]?",
    "\\u009b",
  ].join("|"),
  "g",
);

// Controls, zero-width signs, and marks that turn the direction of writing (Trojan Source, CVE-2021-42574).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unseen = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const plain = /^[\t\u0020-\u007e]*$/;

/** What a terminal would show of a line that returns to its beginning: the last thing written. */
export function lastWritten(line: string): string {
  if (!line.includes("\r")) return line;
  const pieces = line.split("\r");
  while (pieces.length > 1 && pieces.at(-1) === "") pieces.pop();
  return pieces.at(-1) ?? "";
}

export function segments(line: string): Segment[] {
  const text = lastWritten(line);
  if (plain.test(text)) return text === "" ? [] : [{ text }];
  const found: Segment[] = [];
  let look: Look = {};
  let href: string | undefined;
  let from = 0;
  const put = (piece: string) => {
    if (piece !== "") pushVisible(found, piece, href === undefined ? look : { ...look, href });
  };
  for (const match of text.matchAll(sequence)) {
    put(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") look = afterSgr(look, match[1] ?? "");
    else if (match[3]?.startsWith("8;")) href = safeLink(match[3].slice(match[3].indexOf(";", 2) + 1));
  }
  put(text.slice(from));
  return found;
}

/** The line without any looks: what is searched, copied and measured. Signs that stand for unseen ones are part of it. */
export function plainText(line: string): string {
  const text = lastWritten(line);
  if (plain.test(text)) return text;
  return text.replace(sequence, "").replace(unseen, standIn);
}

/** Width in cells of a monospaced font, tabs to the next multiple of 8. */
export function cells(line: string): number {
  const text = plainText(line);
  if (!/[^\u0020-\u007e]/.test(text)) return text.length;
  let width = 0;
  for (const sign of text) {
    const code = sign.codePointAt(0) ?? 0;
    if (code === 9) width += 8 - (width % 8);
    else width += isWide(code) ? 2 : 1;
  }
  return width;
}

/** Only addresses that a browser opens as pages; anything else is no link. */
export function safeLink(address: string): string | undefined {
  if (!/^https?:\/\//i.test(address)) return undefined;
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function pushVisible(found: Segment[], piece: string, look: Omit<Segment, "text" | "control">): void {
  let from = 0;
  if (plain.test(piece)) {
    found.push({ text: piece, ...look });
    return;
  }
  for (const match of piece.matchAll(unseen)) {
    if (match.index > from) found.push({ text: piece.slice(from, match.index), ...look });
    found.push({ text: standIn(match[0]), ...look, control: true });
    from = match.index + match[0].length;
  }
  if (from < piece.length) found.push({ text: piece.slice(from), ...look });
}

function standIn(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

function afterSgr(before: Look, parameters: string): Look {
  const look: Look = { ...before };
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0) for (const key of Object.keys(look) as (keyof Look)[]) delete look[key];
    else if (code === 1) look.bold = true;
    else if (code === 2) look.dim = true;
    else if (code === 3) look.italic = true;
    else if (code === 4) look.underline = true;
    else if (code === 7) look.inverse = true;
    else if (code === 9) look.strike = true;
    else if (code === 22) {
      delete look.bold;
      delete look.dim;
    } else if (code === 23) delete look.italic;
    else if (code === 24) delete look.underline;
    else if (code === 27) delete look.inverse;
    else if (code === 29) delete look.strike;
    else if (code === 39) delete look.ink;
    else if (code === 49) delete look.ground;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, at + 1);
      if (colour !== undefined) look[code === 38 ? "ink" : "ground"] = colour;
      at += used;
    } else {
      const ink = named(code, 30, 90);
      const ground = named(code, 40, 100);
      if (ink !== undefined) look.ink = ink;
      if (ground !== undefined) look.ground = ground;
    }
  }
  return look;
}

function named(code: number, base: number, bright: number): Colour | undefined {
  if (code >= base && code < base + 8) return names[code - base];
  if (code >= bright && code < bright + 8) return names[code - bright + 8];
  return undefined;
}

/** `38;5;n` and `38;2;r;g;b`: the nearest of the sixteen, which have enough contrast in both themes. Answers the colour and how many codes it took. */
function extended(codes: readonly number[], at: number): [Colour | undefined, number] {
  if (codes[at] === 5) {
    const n = codes[at + 1] ?? 0;
    if (n < 16) return [names[n], 2];
    if (n >= 232) return [n < 244 ? "grey" : "white", 2];
    const cube = n - 16;
    const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
    return [nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), 2];
  }
  if (codes[at] === 2) return [nearest(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), 4];
  return [undefined, 0];
}

function nearest(red: number, green: number, blue: number): Colour {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 60 ? "black" : most < 150 ? "grey" : "white";
  const on = (value: number) => value > (most + least) / 2;
  const index = (on(red) ? 1 : 0) + (on(green) ? 2 : 0) + (on(blue) ? 4 : 0);
  return names[index] ?? "white";
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe4f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
