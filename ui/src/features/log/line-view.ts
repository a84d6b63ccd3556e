import { type Segment, segments } from "./ansi";
import type { LineRange } from "./fragment";
import type { LineTime } from "./line-times";
import { type Fold, lineKind } from "./lines";
import styles from "./log.module.css";
import { marked } from "./marks";

/** Lines beyond this are cut until somebody asks for all of them. */
export const MAX_LINE_SIGNS = 10_000;

/** How every line is shown. */
export type LineLook = {
  wrap: boolean;
  /** When a line was written, where that is known; `null` hides the column. */
  times: ((line: number) => LineTime | undefined) | null;
  selection: LineRange | null;
  needle: string;
  ignoreCase: boolean;
  hit: number | null;
};

/** One line as it is to be drawn. */
export type LineContent = {
  line: number;
  /** Undefined while it is on its way. */
  text: string | undefined;
  /** Shown up to here. */
  cut: number;
  /** The step whose heading it is, and what is said beside that. */
  fold: { name: string; isFolded: boolean; note: string } | undefined;
};

/** Puts a line into an element that may have shown another one. Text only ever becomes a text node. */
export function drawLine(element: HTMLElement, content: LineContent, look: LineLook): void {
  element.dataset.line = String(content.line);
  element.className = classes(content, look);
  element.replaceChildren(...parts(content, look));
}

export function foldOf(fold: Fold, isFolded: boolean): NonNullable<LineContent["fold"]> {
  const lines = isFolded ? ` · ${(fold.last - fold.first).toLocaleString("en")} lines` : "";
  const note = fold.took === null ? " · running" : ` · ${fold.failed ? "failed after " : ""}${fold.took}`;
  return { name: fold.name, isFolded, note: note + lines };
}

function classes({ line, text }: LineContent, { selection, hit, wrap }: LineLook): string {
  const kind = text === undefined ? "text" : lineKind(text);
  const names = [styles.line];
  if (wrap) names.push(styles.wrapped);
  if (kind === "error") names.push(styles.error);
  else if (kind !== "text") names.push(styles.runner);
  if (selection !== null && line >= selection.first && line <= selection.last) names.push(styles.selected);
  if (hit === line) names.push(styles.hit);
  return names.filter(Boolean).join(" ");
}

function parts({ line, text, cut, fold }: LineContent, look: LineLook): Node[] {
  const found: Node[] = [span(styles.number, String(line + 1))];
  if (look.times !== null) found.push(timeOf(text === undefined ? undefined : look.times(line)));
  if (fold !== undefined) found.push(span(styles.fold, fold.isFolded ? "▸" : "▾"));
  const content = document.createElement("span");
  content.className = styles.text ?? "";
  if (text === undefined) content.append(span(styles.missing, "…"));
  else {
    const pieces = fold === undefined ? segments(text.slice(0, cut)) : [{ text: fold.name }];
    for (const piece of marked(pieces, look.needle, look.ignoreCase)) content.append(pieceNode(piece));
    if (cut < text.length) content.append(span(styles.more, ` … ${kilobytes(text.length - cut)} more, show all`));
    if (fold !== undefined) content.append(span(styles.took, fold.note));
  }
  found.push(content);
  return found;
}

function timeOf(time: LineTime | undefined): HTMLSpanElement {
  const element = span(styles.time, time?.text ?? "");
  if (time !== undefined) element.title = time.title;
  return element;
}

function pieceNode(piece: Segment & { mark?: boolean }): Node {
  const names = [
    piece.ink && styles[`ink-${piece.ink}`],
    piece.ground && styles[`ground-${piece.ground}`],
    piece.bold && styles.bold,
    piece.dim && styles.dim,
    piece.italic && styles.italic,
    piece.underline && styles.underline,
    piece.strike && styles.strike,
    piece.inverse && styles.inverse,
    piece.control && styles.control,
  ].filter((name): name is string => typeof name === "string");
  const text = document.createTextNode(piece.text);
  let node: Node = text;
  if (piece.href !== undefined) {
    const link = document.createElement("a");
    link.href = piece.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
    link.title = piece.href;
    link.className = [...names, styles.link].join(" ");
    link.append(text);
    node = link;
  } else if (names.length > 0) {
    const look = document.createElement("span");
    look.className = names.join(" ");
    look.append(text);
    node = look;
  }
  if (!piece.mark) return node;
  const mark = document.createElement("mark");
  mark.append(node);
  return mark;
}

function span(name: string | undefined, text: string): HTMLSpanElement {
  const element = document.createElement("span");
  element.className = name ?? "";
  element.textContent = text;
  return element;
}

function kilobytes(signs: number): string {
  return signs < 1_000 ? `${signs} B` : `${Math.round(signs / 1_000).toLocaleString("en")} kB`;
}
