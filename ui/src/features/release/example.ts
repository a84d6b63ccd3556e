import type { Attempt, Node, Release } from "./release";

/** Small releases for the tests of this folder. */
export function attempt(change: Partial<Attempt> = {}): Attempt {
  return {
    id: "a.1.1.1",
    number: 1,
    kind: { kind: "forward" },
    state: "ended",
    target: null,
    runner: "r-1",
    queued_at: 1_000,
    leased_at: 2_000,
    ended_at: 12_000,
    outcome: { kind: "succeeded" },
    stop: null,
    steps: [],
    outputs: {},
    summary: "",
    artifacts: [],
    log_bytes: 100,
    ...change,
  };
}

export function node(key: string, change: Partial<Node> = {}): Node {
  return {
    key,
    kind: "job",
    name: key.split("/").at(-1) ?? key,
    stage: key.split("/")[0] ?? "",
    wave: "",
    target: null,
    needs: [],
    aside: false,
    state: "succeeded",
    since: 12_000,
    reason: "",
    not_before: null,
    bake_started_at: null,
    bake_ends_at: null,
    outputs: {},
    attempts: [],
    ...change,
  };
}

export function release(change: Partial<Release> = {}): Release {
  return {
    number: 7,
    digest: "d1",
    change: 7,
    revisions: [{ source: "shop", commit: "abcdef0123456789", reference: "main", title: "Spell it right", author: "Ana", committed_at: 0 }],
    trigger: "push",
    created_at: 0,
    created_by: { kind: "engine" },
    state: "completed",
    reason: "",
    ended_at: 20_000,
    added: [],
    superseded_by: null,
    quarantine: null,
    overrides: [],
    artifacts: [],
    gates: [],
    inputs: {},
    nodes: [],
    waves: [],
    events: [],
    seq: 1,
    ...change,
  };
}
