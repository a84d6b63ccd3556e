import type { Segment } from "./ansi";

export type Marked = Segment & { mark?: boolean };

/** The pieces of a line with every place that holds `needle` (in small letters) marked, also where a find goes over several pieces. */
export function marked(pieces: readonly Segment[], needle: string, ignoreCase: boolean): readonly Marked[] {
  if (needle === "") return pieces;
  const text = pieces.map((piece) => piece.text).join("");
  const small = text.toLowerCase();
  // Some letters change their length with their case; then places in one are no places in the other.
  const haystack = ignoreCase && small.length === text.length ? small : text;
  const finds: number[] = [];
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + needle.length)) finds.push(at);
  if (finds.length === 0) return pieces;
  const found: Marked[] = [];
  let offset = 0;
  for (const piece of pieces) {
    const end = offset + piece.text.length;
    let from = offset;
    for (const find of finds) {
      const first = Math.max(find, offset);
      const last = Math.min(find + needle.length, end);
      if (first >= last) continue;
      if (first > from) found.push({ ...piece, text: text.slice(from, first) });
      found.push({ ...piece, text: text.slice(first, last), mark: true });
      from = last;
    }
    if (from < end) found.push({ ...piece, text: text.slice(from, end) });
    offset = end;
  }
  return found;
}
