import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas } from "../../api/client";
import { actorName, waveName } from "../../api/places";
import { approvals, evidence, release } from "../../api/queries";
import { Button } from "../../design/Button";
import { Notice } from "../../design/Page";
import { Sha, shortSha } from "../../design/Sha";
import { Status } from "../../design/Status";
import { Time } from "../../design/Time";
import { ActForm } from "./ActForm";
import styles from "./actions.module.css";
import { evidenceWords } from "./evidence";
import { overBecause } from "./over";
import { useAct } from "./use-act";

const SHOWN_COMMITS = 10;

type Gate = { pipeline: string; release: number; gate: string; onClose: () => void };

/** The waiting approval that an act is about, as the server last told it. */
function useWaiting({ pipeline, release, gate }: Omit<Gate, "onClose">): Schemas["ApprovalView"] | undefined {
  return useQuery(approvals).data?.items.find((item) => item.pipeline === pipeline && item.release === release && item.gate.key === gate);
}

/** The commits that an approval lets go further: what its wave does not run yet, newest first. */
export function useGoingOut(pipeline: string, waiting: Schemas["ApprovalView"]): Schemas["Change"][] {
  return useQuery(evidence(pipeline, waiting.release, waiting.gate.key)).data?.commits ?? [];
}

/** Approves exactly one release's content at one gate (G5). */
export function ApproveDialog({ pipeline, release: first, gate, digest: firstDigest, onClose }: Gate & { digest: string }) {
  const [chosen, setChosen] = useState({ release: first, digest: firstDigest });
  const asked = useQuery(approvals);
  const here = (asked.data?.items ?? []).filter((item) => item.pipeline === pipeline && item.gate.key === gate);
  const waiting = here.find((item) => item.release === chosen.release);
  const newer = here.filter((item) => item.release > chosen.release).sort((one, other) => other.release - one.release)[0];
  const known = useQuery({ ...evidence(pipeline, chosen.release, gate), enabled: waiting !== undefined }).data;
  const commits = waiting?.commits ?? 0;
  const act = useAct(pipeline, ({ release, ...body }: Schemas["Approve"] & { release: number }, headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/approve", { params: { path: { pipeline, number: release } }, body, headers }),
  );
  const where = waiting ? waveName(waiting.stage, waiting.wave) : gate;
  return (
    <ActForm
      wide
      title={
        <>
          Approve <b>{pipeline}</b> #{chosen.release} for {where}
        </>
      }
      verb={waiting ? `Approve ${shortSha(waiting.sha)}${commits > 0 ? ` · ${count(commits)}` : ""}` : `Approve #${chosen.release}`}
      reason="optional"
      act={act}
      // What nobody asks for any more cannot be approved by mistake for what is asked for now.
      disabled={waiting === undefined || !waiting.gate.can_act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ ...chosen, gate, ...(reason === "" ? {} : { reason }) }, { onSuccess: onClose })}
    >
      {waiting === undefined && asked.isSuccess && act.error === null && (
        <Over pipeline={pipeline} release={chosen.release} gate={gate} newer={newer?.release} />
      )}
      {waiting && (
        <>
          <GoingOut waiting={waiting} known={known} />
          <Facts waiting={waiting} known={known} />
          {!waiting.gate.can_act && <Notice tone="idle">You cannot approve this: {waiting.gate.cannot_because ?? "others must"}.</Notice>}
        </>
      )}
      {newer && (
        <Notice tone="wait">
          A newer release waits here too: #{newer.release} <Sha sha={newer.sha} /> {newer.title}, which carries this one's commits.{" "}
          <Button small onClick={() => setChosen({ release: newer.release, digest: newer.digest })}>
            Approve newest instead
          </Button>
        </Notice>
      )}
    </ActForm>
  );
}

/** Why an approval is not asked for any more: who decided, or which release took its place. */
function Over({ pipeline, release: number, gate, newer }: Omit<Gate, "onClose"> & { newer: number | undefined }) {
  const seen = useQuery(release(pipeline, number)).data;
  return <Notice tone="wait">This approval is not asked for any more: {overBecause(seen, gate, newer)}.</Notice>;
}

export function RejectDialog({ pipeline, release, gate, onClose }: Gate) {
  const waiting = useWaiting({ pipeline, release, gate });
  const act = useAct(pipeline, (body: Schemas["GateReason"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/reject", { params: { path: { pipeline, number: release } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Reject <b>{pipeline}</b> #{release} {waiting && `for ${waveName(waiting.stage, waiting.wave)}`}
        </>
      }
      verb={waiting ? `Reject ${shortSha(waiting.sha)}` : `Reject #${release}`}
      danger
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ gate, reason }, { onSuccess: onClose })}
    >
      <p>The release waits on and does not fail; a newer one is asked about anew.</p>
    </ActForm>
  );
}

/** Opens a gate by force (G8). */
export function OverrideDialog({ pipeline, release, gate, onClose }: Gate) {
  const act = useAct(pipeline, (body: Schemas["GateReason"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/override", { params: { path: { pipeline, number: release } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Override a gate of <b>{pipeline}</b> #{release}
        </>
      }
      verb="Override the gate"
      danger
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ gate, reason }, { onSuccess: onClose })}
    >
      <p>
        Opens <code>{gate}</code> for #{release} only. It stands in the audit log and on the release for ever.
      </p>
    </ActForm>
  );
}

function GoingOut({ waiting, known }: { waiting: Schemas["ApprovalView"]; known: Schemas["EvidenceAnswer"] | undefined }) {
  const commits = known?.commits ?? [];
  const rest = waiting.commits - Math.min(commits.length, SHOWN_COMMITS);
  return (
    <div>
      <h3>
        {count(waiting.commits)} that {waveName(waiting.stage, waiting.wave)} does not run yet
        {known?.url != null && (
          <>
            {" · "}
            <a href={known.url} target="_blank" rel="noreferrer" className={styles.link}>
              open the difference
            </a>
          </>
        )}
      </h3>
      <ul className={styles.commits}>
        {commits.slice(0, SHOWN_COMMITS).map((change) => (
          <li key={change.n}>
            <Sha sha={change.sha} /> <span className="cut">{change.title}</span>{" "}
            <span className={`c-3 cut ${styles.author}`}>{change.author}</span>
          </li>
        ))}
        {known !== undefined && rest > 0 && <li className="c-3">and {rest} more</li>}
      </ul>
    </div>
  );
}

function Facts({ waiting, known }: { waiting: Schemas["ApprovalView"]; known: Schemas["EvidenceAnswer"] | undefined }) {
  const { gate } = waiting;
  return (
    <dl className={styles.facts}>
      <dt>Evidence</dt>
      <dd className={styles.evidence}>
        {evidenceWords(waiting.evidence).map(({ text, look }) => (
          <Status key={text} look={look}>
            {text}
          </Status>
        ))}
      </dd>
      <dt>Given</dt>
      <dd>
        {gate.approvals.length} of {gate.needed ?? 1}
        {gate.approvals.map((approval) => (
          <span key={approval.at}>
            {" · "}
            {actorName(approval.by)} <Time at={approval.at} />
            {approval.reason && `: “${approval.reason}”`}
          </span>
        ))}
      </dd>
      {known !== undefined && known.may_act.length > 0 && (
        <>
          <dt>Who may</dt>
          <dd>
            {known.may_act.join(", ")}
            {gate.from.length > 0 && <span className="c-3"> ({gate.from.join(", ")})</span>}
          </dd>
        </>
      )}
      {known?.involved_yourself && (
        <>
          <dt>You</dt>
          <dd>made or started one of these commits</dd>
        </>
      )}
      {gate.asked_at != null && (
        <>
          <dt>Asked</dt>
          <dd>
            <Time at={gate.asked_at} />
            {gate.expires_at != null && (
              <>
                , expires <Time at={gate.expires_at} />
              </>
            )}
          </dd>
        </>
      )}
    </dl>
  );
}

function count(commits: number): string {
  return commits === 1 ? "1 commit" : `${commits} commits`;
}
