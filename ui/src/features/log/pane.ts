import { cells } from "./ansi";
import { drawLine, foldOf, type LineContent, type LineLook, MAX_LINE_SIGNS } from "./line-view";
import type { Fold } from "./lines";
import styles from "./log.module.css";
import { drawMinimap, spread } from "./minimap";
import { contentTop, Rows, type Scale, scaleOf, scrollTopFor, wrappedHeight } from "./rows";
import type { LogStore } from "./store";

export const ROW_PX = 20;
const SPARE_ROWS = 8;
/** Width of the line numbers and times before the text. */
const NUMBERS_PX = 78;
const TIMES_PX = 70;
const PADDING_PX = 16;

export type PaneLook = LineLook & { folded: ReadonlySet<number>; hits: readonly number[] };

export type PaneEvents = {
  onSelect: (line: number, extend: boolean) => void;
  onFold: (fold: Fold) => void;
  onFollow: (following: boolean) => void;
  onUnseen: (lines: number) => void;
};

type Row = { element: HTMLDivElement; top: string; version: number; content: LineContent | null };

/**
 * Draws the lines in sight, with as many elements as fit, over a scroll height that is scaled down for very long logs. It never moves the view by
 * itself, except to the end while it follows.
 */
export class Pane {
  private look: PaneLook = {
    wrap: false,
    times: null,
    folded: new Set(),
    selection: null,
    needle: "",
    ignoreCase: true,
    hits: [],
    hit: null,
  };
  private rows = new Rows(0);
  private scale: Scale = scaleOf(0, ROW_PX, 0);
  private top = 0;
  private pool: Row[] = [];
  private whole = new Set<number>();
  private version = 0;
  private following = false;
  private seenTotal = 0;
  private frame = 0;
  private map_places: Places | null = null;
  private sign_px = 0;
  /** Sizes as the browser last told them: to ask for them would lay the page out, once for every line drawn before. */
  private size = { width_px: 0, height_px: 0, map_px: 0 };
  private readonly observer: ResizeObserver;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly pad: HTMLElement,
    private readonly map: HTMLCanvasElement,
    private readonly store: LogStore,
    private readonly events: PaneEvents,
  ) {
    scroller.addEventListener("scroll", this.onScroll, { passive: true });
    scroller.addEventListener("wheel", this.onWheel, { passive: false });
    scroller.addEventListener("click", this.onClick);
    map.addEventListener("pointerdown", this.onMap);
    map.addEventListener("pointermove", this.onMap);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(scroller);
    this.measure();
  }

  destroy(): void {
    this.scroller.removeEventListener("scroll", this.onScroll);
    this.scroller.removeEventListener("wheel", this.onWheel);
    this.scroller.removeEventListener("click", this.onClick);
    this.map.removeEventListener("pointerdown", this.onMap);
    this.map.removeEventListener("pointermove", this.onMap);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    for (const { element } of this.pool) element.remove();
  }

  /** How lines look has changed; where the reader is stays. */
  show(look: PaneLook): void {
    const before = this.look;
    this.look = look;
    this.version += 1;
    if (before.wrap !== look.wrap || before.folded !== look.folded || (look.wrap && (before.times === null) !== (look.times === null)))
      this.layOut();
    this.drawSoon();
  }

  /** The log has more lines, or lines that were missing have come. */
  grown(): void {
    if (this.look.wrap) {
      this.layOut();
      this.version += 1;
    } else {
      this.rows.grow(this.store.state.total);
      this.resize();
    }
    if (this.following) this.toEnd();
    else this.tellUnseen();
    this.drawSoon();
  }

  setFollowing(following: boolean): void {
    this.following = following;
    if (following) this.toEnd();
    this.events.onFollow(following);
    this.tellUnseen();
  }

  toLine(line: number, where: "centre" | "top" = "centre"): void {
    const row = this.rows.rowOf(line) * ROW_PX;
    const inSight = row >= this.top + ROW_PX && row <= this.top + this.scale.view_px - 2 * ROW_PX;
    if (where === "centre" && inSight) return;
    this.moveTo(where === "top" ? row : row - this.scale.view_px / 3);
    if (this.following && line < this.store.state.total - 1) this.stopFollowing();
  }

  toEnd(): void {
    this.moveTo(this.scale.content_px);
  }

  get firstInSight(): number {
    return this.rows.lineAt(Math.ceil(this.top / ROW_PX));
  }

  private stopFollowing(): void {
    this.following = false;
    this.seenTotal = this.store.state.total;
    this.events.onFollow(false);
  }

  private tellUnseen(): void {
    if (this.following) this.seenTotal = this.store.state.total;
    this.events.onUnseen(this.store.state.total - this.seenTotal);
  }

  private moveTo(content_top: number): void {
    const most = Math.max(0, this.scale.content_px - this.scale.view_px);
    this.top = Math.min(Math.max(0, content_top), most);
    this.scroller.scrollTop = scrollTopFor(this.scale, this.top);
    this.drawSoon();
  }

  private onScroll = (): void => {
    const expected = scrollTopFor(this.scale, this.top);
    // What we moved ourselves comes back as an event, rounded to the device's pixels.
    if (Math.abs(this.scroller.scrollTop - expected) > 1) {
      const before = this.top;
      this.top = contentTop(this.scale, this.scroller.scrollTop);
      const most = Math.max(0, this.scale.content_px - this.scale.view_px);
      // A view that grew (a notice above it went) is moved by the browser, and is at its end all the same.
      const { scrollTop, clientHeight, scrollHeight } = this.scroller;
      const isAtEnd = scrollTop + clientHeight >= scrollHeight - 2;
      if (this.following && this.top < before - 1 && !isAtEnd) this.stopFollowing();
      else if (!this.following && !this.store.state.complete && this.top >= most - 2 && this.top > before) this.setFollowing(true);
    }
    this.drawSoon();
  };

  private onWheel = (event: WheelEvent): void => {
    if (event.deltaY < 0 && this.following) this.stopFollowing();
    if (this.scale.scroll_px === this.scale.content_px || event.ctrlKey || event.deltaY === 0) return;
    // In a scaled-down height one notch would jump over many lines.
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * ROW_PX : event.deltaY;
    this.moveTo(this.top + pixels);
  };

  private onClick = (event: MouseEvent): void => {
    const target = event.target instanceof Element ? event.target : null;
    const element = target?.closest<HTMLElement>("[data-line]");
    if (target === null || element == null) return;
    const line = Number(element.dataset.line);
    if (target.closest(`.${styles.number}`)) this.events.onSelect(line, event.shiftKey);
    else if (target.closest(`.${styles.more}`)) {
      this.whole.add(line);
      this.layOut();
      this.version += 1;
      this.drawSoon();
    } else if (target.closest(`.${styles.fold}`)) {
      const fold = this.store.folds.find((each) => each.first === line);
      if (fold !== undefined) this.events.onFold(fold);
    }
  };

  private onMap = (event: PointerEvent): void => {
    if (event.buttons !== 1 && event.type !== "pointerdown") return;
    const box = this.map.getBoundingClientRect();
    if (this.following) this.stopFollowing();
    this.moveTo(((event.clientY - box.top) / box.height) * this.scale.content_px - this.scale.view_px / 2);
  };

  private measureSign(): number {
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(100);
    probe.style.position = "absolute";
    probe.style.visibility = "hidden";
    this.scroller.append(probe);
    const width = probe.getBoundingClientRect().width / 100;
    probe.remove();
    return width > 0 ? width : 7.2;
  }

  private measure(): void {
    const { clientWidth, clientHeight } = this.scroller;
    this.size = { width_px: clientWidth, height_px: clientHeight, map_px: this.map.clientHeight };
    if (this.look.wrap) this.layOut();
    else this.resize();
    if (this.following) this.toEnd();
    this.version += 1;
    this.drawSoon();
  }

  /** Computes rows anew; the line at the top stays there. */
  private layOut(): void {
    const anchor = this.firstInSight;
    const { wrap, folded } = this.look;
    const hidden = this.store.folds.filter((fold) => folded.has(fold.first));
    if (!wrap && hidden.length === 0) this.rows = new Rows(this.store.state.total);
    else {
      const columns = this.columns();
      const ends = new Map(hidden.map((fold) => [fold.first, fold.last]));
      let until = -1;
      this.rows = new Rows(this.store.state.total, (line) => {
        if (line <= until) return 0;
        until = ends.get(line) ?? until;
        if (!wrap) return 1;
        const text = this.store.line(line);
        return text === undefined ? 1 : wrappedHeight(cells(text.slice(0, this.cutOf(line, text))), columns);
      });
    }
    this.resize();
    if (!this.following) this.moveTo(this.rows.rowOf(anchor) * ROW_PX);
  }

  private columns(): number {
    const before = NUMBERS_PX + (this.look.times === null ? 0 : TIMES_PX) + PADDING_PX;
    if (this.sign_px === 0) this.sign_px = this.measureSign();
    return Math.max(20, Math.floor((this.size.width_px - before) / this.sign_px));
  }

  private resize(): void {
    this.scale = scaleOf(this.rows.rows, ROW_PX, this.size.height_px);
    this.pad.style.height = `${this.scale.scroll_px}px`;
    this.top = Math.min(this.top, Math.max(0, this.scale.content_px - this.scale.view_px));
  }

  private drawSoon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const {
      rows,
      rows: { lines },
      scale,
    } = this;
    const firstRow = Math.max(0, Math.floor(this.top / ROW_PX) - SPARE_ROWS);
    const lastRow = Math.min(rows.rows - 1, Math.ceil((this.top + scale.view_px) / ROW_PX) + SPARE_ROWS);
    const wanted: number[] = [];
    if (lines > 0 && lastRow >= firstRow) {
      for (let line = rows.lineAt(firstRow); line < lines && rows.rowOf(line) <= lastRow; line += 1) {
        if (rows.heightOfLine(line) > 0) wanted.push(line);
        else line = Math.max(line, this.endOfFold(line));
      }
      this.store.want(wanted[0] ?? 0, wanted.at(-1) ?? 0);
    }
    // Where the content stands in the scroll height: both are the same unless the height is scaled down.
    const shift = scale.scroll_px === scale.content_px ? 0 : this.scroller.scrollTop - this.top;
    this.place(wanted, shift);
    this.drawMap();
  }

  private endOfFold(line: number): number {
    return this.store.folds.find((fold) => fold.first < line && fold.last >= line)?.last ?? line;
  }

  private place(wanted: readonly number[], shift: number): void {
    while (this.pool.length < wanted.length) {
      const element = document.createElement("div");
      this.pad.append(element);
      this.pool.push({ element, top: "", version: -1, content: null });
    }
    const size = this.pool.length;
    const used = new Set<Row>();
    for (const line of wanted) {
      const row = this.pool[line % size] as Row;
      const free = used.has(row) ? this.pool.find((each) => !used.has(each)) : row;
      if (free === undefined) continue;
      used.add(free);
      this.fill(free, line);
      const top = `translateY(${this.rows.rowOf(line) * ROW_PX + shift}px)`;
      if (free.top !== top) free.element.style.transform = top;
      free.top = top;
    }
    for (const row of this.pool) {
      if (used.has(row) || row.content === null) continue;
      row.element.hidden = true;
      row.content = null;
    }
  }

  /** Draws a line anew only when it is another one, or looks or reads differently. */
  private fill(row: Row, line: number): void {
    const text = this.store.line(line);
    const step = text?.startsWith("--- ") ? this.store.folds.find((each) => each.first === line) : undefined;
    const fold = step === undefined ? undefined : foldOf(step, this.look.folded.has(step.first));
    const before = row.content;
    if (row.version === this.version && before?.line === line && before.text === text && before.fold?.note === fold?.note) return;
    row.version = this.version;
    row.content = { line, text, cut: this.cutOf(line, text ?? ""), fold };
    row.element.hidden = false;
    row.element.style.height = this.look.wrap ? `${this.rows.heightOfLine(line) * ROW_PX}px` : "";
    drawLine(row.element, row.content, this.look);
  }

  private cutOf(line: number, text: string): number {
    return this.whole.has(line) ? text.length : Math.min(text.length, MAX_LINE_SIGNS);
  }

  private drawMap(): void {
    const { rows } = this.rows;
    const whole_px = Math.max(1, this.scale.content_px);
    drawMinimap(this.map, {
      ...this.places(),
      hit: this.look.hit === null ? null : this.rows.rowOf(this.look.hit) / Math.max(1, rows),
      from: this.top / whole_px,
      to: (this.top + this.scale.view_px) / whole_px,
    });
  }

  /** Where errors and finds stand on the map. A log may have many thousands of them: they are looked through when they change. */
  private places(): { errors: readonly number[]; hits: readonly number[] } {
    const { errors } = this.store;
    const { hits } = this.look;
    const { rows } = this.rows;
    const height_px = this.size.map_px;
    const known = this.map_places;
    if (
      known?.of === this.rows &&
      known.rows === rows &&
      known.count === errors.length &&
      known.found === hits &&
      known.height_px === height_px
    )
      return known;
    const toPart = (line: number) => this.rows.rowOf(line) / Math.max(1, rows);
    const places = { errors: spread(errors.map(toPart), height_px), hits: spread(hits.map(toPart), height_px) };
    this.map_places = { ...places, of: this.rows, rows, count: errors.length, found: hits, height_px };
    return places;
  }
}

type Places = {
  errors: readonly number[];
  hits: readonly number[];
  of: Rows;
  rows: number;
  count: number;
  found: readonly number[];
  height_px: number;
};
