import type { Schemas } from "../../api/client";
import type { Progress } from "../../api/progress";
import type { Gate } from "./layout";
import type { Change } from "./rows";
import type { Front, Stage, Wave } from "./span";

/** Typed answers of the server for tests: a path like the one in the design (32 targets), and one of 240 targets. */

export const NOW = Date.parse("2026-11-21T00:10:00Z");
const MINUTE_MS = 60_000;
const HEAD = 1_000;

export function change(n: number, more: Partial<Change> = {}): Change {
  return {
    n,
    sha: (n * 2_654_435_761).toString(16).padStart(8, "0").repeat(5),
    title: `Commit number ${n}`,
    author: n % 3 === 0 ? "Mira Okafor" : "Jonas Weber",
    at: NOW - (HEAD - n + 1) * 20 * MINUTE_MS,
    source: "https://git.example.com/payments/api.git",
    release: n,
    state: "moving",
    ...more,
  };
}

/** Newest first: `HEAD`, `HEAD - 1`, … */
export function changes(count: number): Change[] {
  return Array.from({ length: count }, (_, row) => change(HEAD - row));
}

/** A target that runs the commit of a row. */
export function target(name: string, row: number | null, more: Partial<Front> = {}): Front {
  const [account, region] = name.split("/");
  return {
    name,
    ...(region === undefined ? {} : { account: account ?? "", region }),
    live: row === null ? null : HEAD - row,
    state: row === null ? "empty" : "live",
    release: row === null ? null : HEAD - row,
    since: NOW - 60 * MINUTE_MS,
    ...more,
  };
}

export function at(row: number): number {
  return HEAD - row;
}

export function gate(kind: string, row: number | null, held = 0, more: Partial<Gate> = {}): Gate {
  const waits = row !== null;
  return {
    kind,
    state: waits ? "closed" : "idle",
    change: waits ? HEAD - row : null,
    release: waits ? HEAD - row : null,
    held,
    canAct: false,
    reason: waits ? `waits for the ${kind}` : "",
    ...(waits ? { gate: `gates/${kind}`, since: NOW - 30 * MINUTE_MS } : {}),
    ...more,
  };
}

export function wave(name: string, targets: Front[], more: Partial<Wave> = {}): Wave {
  return { name, lane: name, targets, ...more };
}

export function stage(name: string, waves: Wave[]): Stage {
  return { name, production: name === "prod", waves };
}

const EVERY_REGION =
  "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 mx-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 me-south-1 me-central-1 il-central-1 af-south-1 ap-south-1 ap-south-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-east-1".split(
    " ",
  );

/** The path of the design's picture. */
export function medium(): Progress {
  const prod = (region: string, row: number | null, more: Partial<Front> = {}) => target(`prod/${region}`, row, more);
  const list = changes(27);
  list[2] = change(at(2), { state: "superseded", superseded_by: at(1) });
  list[8] = change(at(8), { quarantined: true, state: "failed" });
  return {
    seq: 7,
    now: NOW,
    sources: [],
    changes: list,
    stages: [
      stage("build", [wave("", [], { through: at(1), inside: at(0) })]),
      stage("beta", [wave("", [target("beta/us-west-2", 3, { state: "deploying", incoming: at(2) })])]),
      stage("gamma", [
        wave("", [
          target("gamma/us-west-2", 4),
          target("gamma/eu-west-1", 4),
          target("gamma/ap-northeast-1", 6, { state: "failed", incoming: at(4), reason: "step smoke-tests failed" }),
        ]),
      ]),
      stage("prod", [
        wave("one-box", [prod("us-east-2", 7)], { gate: gate("metric", 6, 1, { until: NOW + 12 * MINUTE_MS }) }),
        wave("wave-1", [prod("us-east-2/b", 10)], { gate: gate("approval", 7, 3, { needed: 2, given: 1, canAct: true }) }),
        wave(
          "wave-2",
          [
            prod("eu-north-1", 12),
            prod("ca-central-1", 12),
            prod("ap-southeast-2", 15, { state: "rolled_back", left: at(12), reason: "alarm p99-latency" }),
          ],
          { gate: gate("window", 10, 2, { until: NOW + 7 * 60 * MINUTE_MS, reason: "the window opens at 2026-11-21T07:10:00Z" }) },
        ),
        wave(
          "wave-3",
          [
            ...["us-east-1", "eu-west-1", "eu-central-1"].map((region) => prod(region, 15)),
            ...["ap-northeast-1", "ap-southeast-1"].map((region) => prod(region, 18, { state: "deploying", incoming: at(15) })),
            ...["sa-east-1", "ap-south-1", "us-west-2"].map((region) => prod(region, 18)),
          ],
          { gate: gate("alarms", 12, 3, { alarm: "p99-latency", reason: "alarm p99-latency: 812 > 400" }) },
        ),
        wave(
          "wave-4",
          [
            ...EVERY_REGION.slice(0, 12).map((region) => prod(`${region}/x`, 20)),
            prod("ap-east-1", 23, { state: "held", reason: "maintenance of the region" }),
            prod("ap-southeast-4", null),
          ],
          { gate: gate("hold", null) },
        ),
      ]),
    ],
  };
}

/** Eight stages of four waves, 240 targets, and a front that falls over 49 of 50 commits. */
export function large(): Progress {
  const sizes = [1, 4, 9, 16];
  const names = ["alpha", "beta", "gamma", "staging", "internal", "canary", "prod-eu-us", "prod-global"];
  const kinds = ["metric", "approval", "window", "alarms"];
  let row = 1;
  const stages = names.map((name, stageAt) => {
    let region = 0;
    const waves = sizes.map((size, waveAt) => {
      const isMoving = (stageAt + waveAt) % 3 === 1;
      const targets = Array.from({ length: size }, (_, targetAt) => {
        const place = `${name}/${EVERY_REGION[region++ % EVERY_REGION.length]}`;
        if (isMoving && targetAt % 2 === 0) return target(place, Math.min(49, row + 2), { state: "deploying", incoming: at(row) });
        if (stageAt === 5 && waveAt === 3 && targetAt === 6)
          return target(place, row + 6, { state: "rolled_back", left: at(row), reason: "alarm" });
        if (stageAt === 2 && waveAt === 2 && targetAt === 4)
          return target(place, row + 5, { state: "failed", incoming: at(row), reason: "smoke failed" });
        if (stageAt === 7 && waveAt === 3 && targetAt === 9) return target(place, 49, { state: "held", reason: "maintenance" });
        return target(place, isMoving ? row + 2 : row);
      });
      const kind = kinds[(stageAt + waveAt) % 4] ?? "approval";
      const waits = stageAt + waveAt > 0 && (stageAt * 4 + waveAt) % 2 === 0;
      const made = wave(`wave-${waveAt + 1}`, targets, {
        lane: `${name}/wave-${waveAt + 1}`,
        gate: waits ? gate(kind, Math.max(0, row - 1), 1, { canAct: kind === "approval", needed: 2, given: 1 }) : gate(kind, null),
      });
      row += waveAt % 2 === 0 ? 2 : 1;
      row = Math.min(row, 44);
      return made;
    });
    return stage(name, waves);
  });
  return { seq: 9, now: NOW, sources: [], changes: changes(50), stages };
}

/** As the server sends it; every target says all about itself, since nothing here depends on how small it is. */
export function answerOf(progress: Progress): Schemas["ProgressAnswer"] {
  const { seq, now, changes, stages } = progress;
  return {
    seq,
    now,
    accounts: [],
    sources: [{ name: "payments-api", address: "https://git.example.com/payments-api.git" }],
    changes: changes.map(({ source, ...change }) => change),
    stages: stages.map((stage) => ({
      ...stage,
      waves: stage.waves.map(({ targets, ...wave }) => ({
        ...wave,
        usual: { state: "empty", live: null, release: null, since: 0 },
        targets: targets.map(({ account, region, since, until, ...front }) => ({
          ...front,
          ...(since == null ? {} : { since_s: since / 1_000 }),
          ...(until == null ? {} : { until_s: until / 1_000 }),
        })),
      })),
    })),
  };
}
