import type { CommitsSearch } from "../../app/routes";
import type { Density, Level } from "./layout";
import { LEVELS } from "./layout";

/** Everything a reader chose, as it stands in the address. */
export type ViewState = CommitsSearch;
export type Change = { [Key in keyof ViewState]?: ViewState[Key] | undefined };

/** The address after a choice: what is undefined is taken out, and one panel takes the place of another. */
export function choose(state: ViewState, change: Change): ViewState {
  const next: Change = { ...state };
  if (change.commit !== undefined) Object.assign(next, { gate: undefined, from: undefined, to: undefined });
  if (change.gate !== undefined) Object.assign(next, { commit: undefined, at: undefined, from: undefined, to: undefined });
  if (change.from !== undefined || change.to !== undefined) Object.assign(next, { commit: undefined, at: undefined, gate: undefined });
  Object.assign(next, change);
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== "")) as ViewState;
}

export function levelOf(state: ViewState): Level | undefined {
  return LEVELS.find((level) => level === state.level);
}

export function densityOf(state: ViewState, preferred: Density): Density {
  return state.density === "dense" || state.density === "comfortable" ? state.density : preferred;
}

export function isOnly(state: ViewState, what: "mine" | "blocked"): boolean {
  return state.only?.split(",").includes(what) ?? false;
}

export function toggleOnly(state: ViewState, what: "mine" | "blocked"): string | undefined {
  const now = state.only?.split(",").filter(Boolean) ?? [];
  const next = now.includes(what) ? now.filter((each) => each !== what) : [...now, what];
  return next.length === 0 ? undefined : next.sort().join(",");
}

export const PAGE = 50;
/** The server answers with at most so many. */
export const MOST = 200;

/** As many as were asked for; when nobody asked, as many as it takes to see the whole front. */
export function limitOf(state: ViewState, front = PAGE): number {
  return Math.min(MOST, Math.max(PAGE, Math.ceil((state.limit ?? front) / PAGE) * PAGE));
}
