import type { Schemas } from "./client";

/**
 * The commits view as pages draw it: every target says everything about itself, and every change the name of its source. The answer says what
 * is usual in a wave once.
 */
export type Progress = Pick<Schemas["ProgressAnswer"], "seq" | "now" | "sources"> & { changes: Schemas["Change"][]; stages: Stage[] };
export type Stage = Omit<Schemas["StageLine"], "waves"> & { waves: Wave[] };
export type Wave = Omit<Schemas["WaveLine"], "targets" | "lane" | "usual"> & { lane: string; targets: Schemas["TargetFront"][] };

export function progressOf(answer: Schemas["ProgressAnswer"]): Progress {
  const { seq, now, sources } = answer;
  const accounts = new Set(answer.accounts);
  const changes = answer.changes.map(({ source, ...change }) => ({ ...change, source: sources[source ?? 0]?.name ?? "" }));
  const stages = answer.stages.map((stage) => ({ ...stage, waves: stage.waves.map((wave) => waveOf(stage.name, wave, accounts)) }));
  return { seq, now, sources, changes, stages };
}

function waveOf(stage: string, line: Schemas["WaveLine"], accounts: ReadonlySet<string>): Wave {
  const { usual, lane, ...wave } = line;
  return {
    ...wave,
    lane: lane ?? (wave.name === "" ? stage : `${stage}/${wave.name}`),
    targets: wave.targets.map((target) => targetOf(target, usual ?? undefined, accounts)),
  };
}

function targetOf(
  line: Schemas["TargetLine"],
  usual: Schemas["UsualTarget"] | undefined,
  accounts: ReadonlySet<string>,
): Schemas["TargetFront"] {
  const { since_s, until_s, ...told } = line;
  const after = (seconds: number | null | undefined) =>
    seconds == null || usual?.since == null ? undefined : usual.since + seconds * 1_000;
  const [account, region] = line.name.split("/");
  const until = after(until_s);
  return {
    ...told,
    ...(account !== undefined && region !== undefined && accounts.has(account) ? { account, region } : {}),
    state: told.state ?? usual?.state ?? "empty",
    // `null` says that it runs nothing; not said, it runs what is usual.
    live: told.live === undefined ? (usual?.live ?? null) : told.live,
    release: told.release === undefined ? (usual?.release ?? null) : told.release,
    since: after(since_s) ?? null,
    ...(until === undefined ? {} : { until }),
  };
}
