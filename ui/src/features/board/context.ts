import { createContext, useContext } from "react";
import type { Schemas } from "../../api/client";

/** What every part of a board needs. */
export type BoardOf = { pipeline: string; changes: ReadonlyMap<number, Schemas["Change"]>; holds: readonly Schemas["Held"][] };

export const BoardContext = createContext<BoardOf>({ pipeline: "", changes: new Map(), holds: [] });

export function useBoard(): BoardOf {
  return useContext(BoardContext);
}
