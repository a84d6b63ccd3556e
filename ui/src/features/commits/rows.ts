import type { Schemas } from "../../api/client";

export type Change = Schemas["Change"];

/** One line of the list: a commit, or a folded run of commits that came with one release. Newest first. */
export type Row = { key: string; changes: readonly [Change, ...Change[]]; folded: boolean };

/** A run of commits that no release was made from, longer than this, is folded (a merge of hundreds). */
export const FOLD_FROM = 12;

/** Folds long runs of commits that came along with the release above them; `open` holds the keys of those that a reader unfolded. */
export function rowsOf(changes: readonly Change[], open: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  let run: Change[] = [];
  const flush = () => {
    const [first] = run;
    if (first === undefined) return;
    const key = `fold-${first.n}`;
    if (run.length >= FOLD_FROM && !open.has(key)) rows.push({ key, changes: run as [Change, ...Change[]], folded: true });
    else rows.push(...run.map(single));
    run = [];
  };
  for (const change of changes) {
    if (change.release == null && rows.length > 0) {
      run.push(change);
    } else {
      flush();
      rows.push(single(change));
    }
  }
  flush();
  return rows;
}

function single(change: Change): Row {
  return { key: change.sha, changes: [change], folded: false };
}

/** The key under which `rowsOf` would fold the commit, so that a link into a fold can open it. */
export function foldOf(changes: readonly Change[], change: Change): string | undefined {
  const row = rowsOf(changes, new Set()).find((each) => each.folded && each.changes.some((inside) => inside.n === change.n));
  return row?.key;
}

/** Where change numbers stand among the rows. */
export class RowIndex {
  readonly count: number;
  private readonly lowest: readonly number[];
  private readonly numbers: ReadonlySet<number>;
  private readonly newest: number;
  private readonly oldest: number;

  constructor(readonly rows: readonly Row[]) {
    this.count = rows.length;
    this.lowest = rows.map((row) => row.changes.at(-1)?.n ?? 0);
    this.numbers = new Set(rows.flatMap((row) => row.changes.map((change) => change.n)));
    this.newest = rows[0]?.changes[0].n ?? 0;
    this.oldest = this.lowest.at(-1) ?? 0;
  }

  /** The first row that something which runs change `n` contains; `count` when all rows are newer. */
  rowOf(n: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lowest[middle] ?? 0) <= n) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** A commit that is not on the listed line of history although it is not older than it: pinned, or a hotfix from elsewhere. */
  isOutside(n: number): boolean {
    return this.count > 0 && (n > this.newest || (n >= this.oldest && !this.numbers.has(n)));
  }
}

export type Filter = { mine?: string | undefined; author?: string | undefined; text?: string | undefined; source?: string | undefined };

export function isFiltering(filter: Filter): boolean {
  return Object.values(filter).some((value) => value !== undefined && value !== "");
}

export function matches(change: Change, filter: Filter): boolean {
  const { mine, author, text, source } = filter;
  if (mine !== undefined && !isBy(change.author, mine)) return false;
  if (author !== undefined && change.author !== author) return false;
  if (source !== undefined && change.source !== source) return false;
  if (text === undefined || text === "") return true;
  const wanted = text.toLowerCase();
  return (
    isOf(change, wanted) ||
    change.title.toLowerCase().includes(wanted) ||
    change.author.toLowerCase().includes(wanted) ||
    (change.release != null && `#${change.release}` === wanted)
  );
}

/** Commits carry the name that git knows, the server the name that signs in: the same, or one word of it. */
export function isBy(author: string, name: string): boolean {
  const wanted = name.toLowerCase();
  const written = author.toLowerCase();
  return written === wanted || written.split(/[\s@<>.]+/).includes(wanted);
}

/** By the beginning of a sha (seven signs are enough), or by a change number. */
export function findChange(changes: readonly Change[], wanted: string | undefined): Change | undefined {
  if (wanted === undefined) return undefined;
  return changes.find((change) => isOf(change, wanted)) ?? changes.find((change) => String(change.n) === wanted);
}

/** Whether `wanted` is the beginning of the commit's sha, or its whole, of which the server sends twelve digits. */
function isOf(change: Change, wanted: string): boolean {
  return (
    change.sha.startsWith(wanted) ||
    (wanted.length > change.sha.length && /^[0-9a-f]{13,64}$/.test(wanted) && wanted.startsWith(change.sha))
  );
}

/** The pull requests that brought these commits, each once, the newest first. */
export function pullRequests(changes: readonly Change[]): number[] {
  const numbers = changes.flatMap((change) => (change.pull_request == null ? [] : [change.pull_request]));
  return [...new Set(numbers)].sort((one, other) => other - one);
}
