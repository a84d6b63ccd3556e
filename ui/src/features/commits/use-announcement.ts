import { useEffect, useRef, useState } from "react";
import { waveName } from "../../api/places";
import { shortSha } from "../../design/Sha";
import type { Change } from "./rows";
import { type Stage, spanOfWave } from "./span";

const APART_MS = 5_000;

/** What screen readers are told when a wave has got further, at most every few seconds. */
export function useAnnouncement(stages: readonly Stage[], changes: readonly Change[]): string {
  const known = useRef(fronts(stages));
  const said = useRef(Number.NEGATIVE_INFINITY);
  const [news, setNews] = useState("");
  useEffect(() => {
    const next = fronts(stages);
    const moved = [...next].filter(([wave, live]) => {
      const before = known.current.get(wave);
      return before !== undefined && live > before;
    });
    known.current = next;
    if (moved.length === 0 || performance.now() - said.current < APART_MS) return;
    said.current = performance.now();
    setNews(moved.map(([wave, live]) => `${wave} has ${nameOf(live, changes)}`).join(", "));
  }, [stages, changes]);
  return news;
}

function fronts(stages: readonly Stage[]): Map<string, number> {
  return new Map(
    stages.flatMap((stage) =>
      stage.waves.flatMap((wave): [string, number][] => {
        const { live } = spanOfWave(wave);
        return live === undefined ? [] : [[waveName(stage.name, wave.name), live]];
      }),
    ),
  );
}

function nameOf(n: number, changes: readonly Change[]): string {
  const change = changes.find((each) => each.n === n);
  return change === undefined ? "a newer commit" : shortSha(change.sha);
}
