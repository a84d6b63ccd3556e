import type { Schemas } from "../../api/client";
import { shortTarget } from "../../api/places";
import { regionCode } from "../../api/region";
import { type Look, targetLook, worst } from "../../design/state";

type Stage = Schemas["BoardStage"];
type Wave = Schemas["BoardWave"];
type Front = Schemas["TargetFront"];

/** One wave in its stage, with what a card needs to know beyond its own data. */
export type Card = { key: string; stage: Stage; wave: Wave; title: string; isFirst: boolean; before: Wave | undefined };
/** A line of the board: stages of one wave share one, a stage of many waves has its own. */
export type Lane = { key: string; name: string | undefined; summary: string; cards: Card[]; isFolded: boolean };

const LANES_SHOWN_WHOLE = 4;

export function lanes(stages: readonly Stage[]): Lane[] {
  const made: Lane[] = [];
  let shared: Lane | undefined;
  let before: Wave | undefined;
  stages.forEach((stage, stageIndex) => {
    const single = stage.waves.length === 1;
    const cards = stage.waves.map((wave, waveIndex) => {
      const title = wave.name === "" || single ? stage.name : wave.name;
      const card = { key: wave.lane.key, stage, wave, title, isFirst: stageIndex === 0 && waveIndex === 0, before };
      before = wave;
      return card;
    });
    if (single) {
      if (shared === undefined) {
        shared = { key: stage.name, name: undefined, summary: "", cards: [], isFolded: false };
        made.push(shared);
      }
      shared.cards.push(...cards);
    } else {
      shared = undefined;
      const targets = stage.waves.reduce((sum, wave) => sum + wave.targets.length, 0);
      made.push({
        key: stage.name,
        name: stage.name,
        summary: `${count(targets, "target")} in ${count(stage.waves.length, "wave")}`,
        cards,
        isFolded: false,
      });
    }
  });
  if (made.length <= LANES_SHOWN_WHOLE) return made;
  return made.map((lane) => ({ ...lane, isFolded: lane.name !== undefined && lane.cards.every((card) => isQuiet(card.wave)) }));
}

/** Nothing moves, waits or is wrong: all its targets are live on the same change. */
export function isQuiet(wave: Wave): boolean {
  const first = wave.targets[0]?.live;
  return (
    wave.waiting.length === 0 &&
    wave.lane.inside.length === 0 &&
    wave.targets.every((front) => front.state === "live" && front.live === first)
  );
}

/** The change that most targets of a wave run; the older one when two are equal, because that one is everywhere. */
export function majority(targets: readonly Front[]): number | undefined {
  const counts = new Map<number, number>();
  for (const { live } of targets) if (live != null) counts.set(live, (counts.get(live) ?? 0) + 1);
  let best: number | undefined;
  for (const [change, number] of counts) {
    const most = best === undefined ? 0 : (counts.get(best) ?? 0);
    if (best === undefined || number > most || (number === most && change < best)) best = change;
  }
  return best;
}

/** The change that a wave's header names: what its targets run, or what came through when it deploys nowhere. */
export function headline(wave: Wave): number | undefined {
  if (wave.targets.length > 0) return majority(wave.targets) ?? wave.targets.find((front) => front.incoming != null)?.incoming ?? undefined;
  return wave.inside ?? wave.through ?? undefined;
}

/** The release that a wave's foot names: the one that moves there, or else the one that its headline's targets run. */
export function releaseOf(wave: Wave): number | undefined {
  if (wave.targets.length === 0) return wave.jobs?.release ?? wave.lane.inside[0];
  const inside = wave.lane.inside[0];
  const isMoving = wave.targets.some((front) => front.incoming != null) || wave.lane.rollback_of != null;
  const most = majority(wave.targets);
  const running = wave.targets.find((front) => front.live === most && front.release != null)?.release ?? undefined;
  return isMoving ? (inside ?? running) : (running ?? inside);
}

/** How a wave stands, worst first. */
export function waveLook(wave: Wave): Look {
  const state = worst(wave.targets.map((front) => front.state));
  if (state !== undefined) {
    if (state === "deploying" || state === "live") return targetLook(state);
    return targetLook(state);
  }
  const jobs = wave.jobs;
  if (jobs == null) return { glyph: "queued", tone: "idle", word: "nothing yet" };
  if (jobs.failed > 0) return { glyph: "bad", tone: "bad", word: "failed" };
  if (jobs.running > 0) return { glyph: "run", tone: "run", word: "running" };
  if (jobs.done < jobs.total) return { glyph: "queued", tone: "idle", word: "queued" };
  return { glyph: "ok", tone: "ok", word: "done" };
}

export type Segment = { tone: Look["tone"] | "none"; share: number; word: string };

/** The bar of a wave: how many of its targets stand how, in the order of the path from done to not yet. */
export function segments(targets: readonly Front[]): Segment[] {
  const order = ["live", "baking", "deploying", "rolling_back", "rolled_back", "failed", "unknown", "held", "empty"] as const;
  return order.flatMap((state) => {
    const share = targets.filter((front) => front.state === state).length;
    const { tone, word } = targetLook(state);
    return share === 0 ? [] : [{ tone: state === "empty" ? "none" : tone, share, word: `${share} ${word}` }];
  });
}

export type Shape = "list" | "codes" | "counted";

/** Up to 9 targets stand in a list, more in two columns; of very many only those are named that differ. */
export function shapeOf(targets: readonly Front[]): Shape {
  if (targets.length <= 9) return "list";
  return targets.length <= 16 ? "codes" : "counted";
}

/** The targets of a large wave that are not like the rest. */
export function deviants(targets: readonly Front[]): Front[] {
  const most = majority(targets);
  return targets.filter((front) => front.state !== "live" || front.live !== most);
}

/** The share of the usual time that is over, in percent; never all of it, because it is not over. */
export function shareDone(front: Front, now_ms: number): number | undefined {
  if (front.since == null || front.usually_ms == null || front.usually_ms <= 0) return undefined;
  return Math.min(99, Math.max(0, Math.floor(((now_ms - front.since) / front.usually_ms) * 100)));
}

/** The region's code where names stand in two columns. */
export function codeOf(front: Front, all: readonly Front[]): string {
  return regionCode(shortTarget(front, all));
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
