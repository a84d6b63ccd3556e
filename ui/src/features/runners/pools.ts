import type { Schemas } from "../../api/client";

export type Runner = Schemas["RunnerView"];
export type Queued = Schemas["QueuedView"];

export type Pool = {
  name: string;
  runners: Runner[];
  online: number;
  slots: number;
  busy: number;
  waiting: Queued[];
  /** When the job that waits longest was queued. */
  oldest: number | undefined;
};

/** Pools by name, also those that only have jobs waiting: nobody will ever take those. */
export function poolsOf(runners: readonly Runner[], queue: readonly Queued[]): Pool[] {
  const names = [...new Set([...runners.map((runner) => runner.pool), ...queue.map((job) => job.pool)])].sort();
  return names.map((name) => {
    const own = runners.filter((runner) => runner.pool === name).sort(byState);
    const waiting = queue.filter((job) => job.pool === name).sort((one, other) => one.queued_at - other.queued_at);
    const able = own.filter((runner) => runner.state === "online");
    return {
      name,
      runners: own,
      online: able.length,
      slots: able.reduce((sum, runner) => sum + runner.slots, 0),
      busy: able.reduce((sum, runner) => sum + runner.busy, 0),
      waiting,
      oldest: waiting[0]?.queued_at,
    };
  });
}

const order: readonly Runner["state"][] = ["lost", "draining", "online", "revoked"];

/** What needs a person first; what was revoked last. */
function byState(one: Runner, other: Runner): number {
  return order.indexOf(one.state) - order.indexOf(other.state) || one.name.localeCompare(other.name);
}

/** Labels as people write them: `arch=arm64 gpu=yes`. */
export function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** The commands that start a runner on another machine; its one-time token goes through a file, so that it stands in no list of processes. */
export function addCommand(server: string, token: string): string {
  return `printf %s ${token} > runner-token && tidegate runner run --server ${server} --token-file runner-token`;
}
