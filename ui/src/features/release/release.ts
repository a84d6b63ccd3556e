import type { Schemas } from "../../api/client";
import type { Look } from "../../design/state";
import { nodeLook } from "../../design/state";

export type Release = Schemas["ReleaseAnswer"];
export type Node = Schemas["NodeView"];
export type Attempt = Schemas["AttemptView"];

/** Why a job ended as it did, in words. */
export function outcomeText(outcome: Schemas["Outcome"] | null | undefined): string {
  if (outcome == null) return "";
  switch (outcome.kind) {
    case "succeeded":
      return "succeeded";
    case "failed":
      return `${outcome.step}: exit code ${outcome.exit_code}`;
    case "signalled":
      return `${outcome.step}: ended by signal ${outcome.signal}`;
    case "timed_out":
      return `${outcome.step}: took longer than ${outcome.timeout_ms / 1_000} s`;
    case "cancelled":
      return `cancelled: ${outcome.reason}`;
    case "error":
      return outcome.detail;
    case "runner_restarted":
      return "its runner was restarted";
  }
}

const queued: Look = { glyph: "queued", tone: "idle", word: "queued" };
const running: Look = { glyph: "run", tone: "run", word: "running" };
const unknown: Look = { glyph: "unknown", tone: "wait", word: "unknown" };
const failed: Look = { glyph: "bad", tone: "bad", word: "failed" };
const cancelled: Look = { glyph: "close", tone: "idle", word: "cancelled" };
const ok: Look = { glyph: "ok", tone: "ok", word: "succeeded" };

export function attemptLook(attempt: Attempt): Look {
  switch (attempt.state) {
    case "queued":
      return queued;
    case "leased":
      return running;
    case "unknown":
      return unknown;
    case "ended":
      if (attempt.outcome?.kind === "succeeded") return ok;
      return attempt.outcome?.kind === "cancelled" ? cancelled : failed;
  }
}

export function placeName(stage: string, wave: string | null | undefined): string {
  return wave ? `${stage}/${wave}` : stage;
}

/** What a person calls a node: its name and where. */
export function nodeName(node: Node): string {
  return node.target ? `${node.name} ${node.target}` : node.name;
}

export function newestAttempt(node: Node): Attempt | undefined {
  return node.attempts.at(-1);
}

/** What did not go well, the first to go wrong first. */
export function troubles(release: Release): Node[] {
  const bad = new Set<Schemas["NodeState"] | null | undefined>(["failed", "unknown", "unclear"]);
  return release.nodes
    .filter((node) => node.kind !== "milestone" && bad.has(node.state))
    .sort((one, other) => (one.since ?? 0) - (other.since ?? 0));
}

/** What to show when the address names no node: what went wrong, else what runs, else what ran last. */
export function initialNode(release: Release): Node | undefined {
  const jobs = release.nodes.filter((node) => node.attempts.length > 0);
  const wrong = troubles(release).find((node) => node.attempts.length > 0);
  if (wrong !== undefined) return wrong;
  const newest = (one: Node, other: Node) => (newestAttempt(other)?.queued_at ?? 0) - (newestAttempt(one)?.queued_at ?? 0);
  return jobs.filter((node) => node.state === "running").sort(newest)[0] ?? jobs.sort(newest)[0];
}

/** The same job at another target, where it went well: what to compare with. The nearest first: the same wave, then the same stage. */
export function passedElsewhere(release: Release, node: Node): Node | undefined {
  const same = release.nodes.filter(
    (other) =>
      other.key !== node.key &&
      other.name === node.name &&
      other.kind === node.kind &&
      other.state === "succeeded" &&
      other.attempts.length > 0,
  );
  const inStage = same.filter((other) => other.stage === node.stage);
  return inStage.find((other) => other.wave === node.wave) ?? inStage[0] ?? same[0];
}

/** Stages in the order of the plan. */
export function stagesOf(release: Release): string[] {
  return [...new Set(release.waves.map((wave) => wave.stage))];
}

const waveLooks: Record<Schemas["WaveState"], Look> = {
  waiting: { glyph: "queued", tone: "wait", word: "waits" },
  entered: { glyph: "run", tone: "run", word: "under way" },
  completed: { glyph: "ok", tone: "ok", word: "completed" },
  failing: { glyph: "bad", tone: "bad", word: "failing" },
  failed: { glyph: "bad", tone: "bad", word: "failed" },
  rolled_back: { glyph: "back", tone: "bad", word: "rolled back" },
  cancelled: { glyph: "close", tone: "idle", word: "cancelled" },
  left: { glyph: "skip", tone: "idle", word: "left" },
};
const notStarted: Look = { glyph: "queued", tone: "idle", word: "not started" };

export function waveLook(state: Schemas["WaveState"] | null | undefined): Look {
  return state == null ? notStarted : waveLooks[state];
}

export function lookOf(node: Node): Look {
  return nodeLook(node.state);
}

/** Where this release was taken back, and to which. */
export type WentBack = { place: string; target: string; to: number | undefined; reason: string; done: boolean; at: number };

export function wentBack(release: Release): WentBack[] {
  const found = new Map<string, WentBack>();
  for (const event of release.events) {
    if (event.type !== "rollback_started" && event.type !== "rollback_succeeded") continue;
    if (event.target == null || event.release !== release.number) continue;
    const to = (event.data as { to?: unknown } | undefined)?.to;
    found.set(event.target, {
      place: event.place ?? "",
      target: event.target,
      to: typeof to === "number" ? to : found.get(event.target)?.to,
      reason: found.get(event.target)?.reason ?? event.reason,
      done: event.type === "rollback_succeeded",
      at: event.at,
    });
  }
  return [...found.values()];
}

/** The address of a pull request's preview, if its target runs this release now; other people wrote it, so that it may be none. */
export function previewOf(release: Release, board: Schemas["BoardAnswer"] | undefined): string | undefined {
  const { address, target } = release.preview ?? {};
  const fronts = board?.stages.flatMap((stage) => stage.waves.flatMap((wave) => wave.targets)) ?? [];
  const runs = fronts.some((front) => front.name === target && front.release === release.number && front.state === "live");
  return runs && address != null && /^https?:\/\//.test(address) ? address : undefined;
}
