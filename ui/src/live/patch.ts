import type { Schemas } from "../api/client";
import type { FeedEvent } from "./protocol";

/** What an event changes, as pure functions from data to data. The server's next snapshot has the last word. */

type Front = Schemas["TargetFront"];
type Staged = { stages: { waves: { targets: Front[] }[] }[] };

/** A target after an event, or the same object when the event says nothing about it. `changeOf`: the change that a release carries, if known. */
export function patchFront(front: Front, event: FeedEvent, changeOf: (release: number) => number | undefined): Front {
  if (event.target !== front.name) return front;
  const release = event.release ?? front.release ?? null;
  const change = release === null ? undefined : changeOf(release);
  const at = { since: event.at };
  switch (event.type) {
    case "rollout_started":
      return {
        ...front,
        ...at,
        release,
        state: front.state === "rolling_back" ? "rolling_back" : "deploying",
        ...(change === undefined ? {} : { incoming: change }),
      };
    case "bake_started":
      return front.state === "rolling_back" ? front : { ...front, ...at, release, state: "baking" };
    case "rollout_succeeded": {
      const { incoming, left, reason, ...rest } = front;
      const live = change ?? incoming ?? front.live ?? null;
      return { ...rest, ...at, release, live, state: "live" };
    }
    case "rollout_failed":
      return { ...front, ...at, state: "failed", reason: event.reason };
    case "rollback_started":
      return { ...front, ...at, state: "rolling_back", reason: event.reason };
    case "rollback_succeeded":
      return { ...front, ...at, state: "rolled_back", reason: event.reason };
    case "target_unknown":
      return { ...front, ...at, state: "unknown", reason: event.reason };
    default:
      return front;
  }
}

/** A board or progress after an event; the same object when nothing of it changed, so that nothing is drawn again. */
export function patchStaged<T extends Staged>(data: T, event: FeedEvent, changeOf: (release: number) => number | undefined): T {
  if (event.target == null) return data;
  let changed = false;
  const stages = data.stages.map((stage) => {
    let inStage = false;
    const waves = stage.waves.map((wave) => {
      const targets = wave.targets.map((front) => patchFront(front, event, changeOf));
      if (targets.every((front, index) => front === wave.targets[index])) return wave;
      inStage = true;
      return { ...wave, targets };
    });
    if (!inStage) return stage;
    changed = true;
    return { ...stage, waves };
  });
  return changed ? { ...data, stages } : data;
}

const KEPT_EVENTS = 20;

/** The newest events, newest first, without those that stand there already. */
export function withEvent(events: readonly FeedEvent[], event: FeedEvent): FeedEvent[] {
  if (events.some((known) => known.seq === event.seq)) return [...events];
  return [event, ...events].sort((one, other) => other.seq - one.seq).slice(0, KEPT_EVENTS);
}

/** Whether `event` may have changed what the query `key` answers. Keys are those of `api/queries.ts`. */
export function concerns(key: readonly unknown[], event: FeedEvent): boolean {
  const isJob = event.type.startsWith("job_");
  switch (key[0]) {
    case "pipeline":
      if (key[1] !== event.pipeline) return false;
      switch (key[2]) {
        case "release":
          return event.release == null || event.release === key[3];
        case "board":
          return true;
        case "holds":
          return event.type.startsWith("hold_");
        case "progress":
        case "targets":
        case "releases":
        case "show":
          return !isJob;
        default:
          return !isJob;
      }
    case "pipelines":
      return !isJob;
    case "approvals":
      return !isJob && !event.type.startsWith("bake_") && !event.type.startsWith("rollout_");
    case "monitors":
      return event.type.startsWith("bake_") || event.type.startsWith("alarm_") || event.type.startsWith("monitor_");
    case "runners":
    case "queue":
      return isJob;
    case "attempt":
      return event.attempt != null && event.attempt === key[1];
    default:
      return false;
  }
}

/** The topic that keeps the query `key` true. */
export function topicOf(key: readonly unknown[]): string | undefined {
  switch (key[0]) {
    case "pipeline":
      return `p/${String(key[1])}`;
    case "pipelines":
      return "pipelines";
    case "approvals":
      return "approvals";
    case "monitors":
      return "monitors";
    case "runners":
    case "queue":
      return "runners";
    default:
      return undefined;
  }
}
