import { useState } from "react";
import { api, type Schemas } from "../../api/client";
import { Field } from "../../design/Field";
import { Sha, shortSha } from "../../design/Sha";
import { ActForm } from "./ActForm";
import { useAct } from "./use-act";

type Of = { pipeline: string; release: number; onClose: () => void };

/** Retry by hand (A6): new attempts of the same plan. */
export function useRetry(pipeline: string) {
  return useAct(pipeline, ({ release, what }: { release: number; what: Schemas["Retry"] }, headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/retry", {
      params: { path: { pipeline, number: release } },
      body: { what },
      headers,
    }),
  );
}

export function RetryDialog({ pipeline, release, what, onClose }: Of & { what: Schemas["Retry"] }) {
  const act = useRetry(pipeline);
  const object = what.kind === "stage" ? `stage ${what.stage} from its start` : what.kind === "job" ? what.key : "failed jobs";
  return (
    <ActForm
      title={
        <>
          Retry <b>{pipeline}</b> #{release} · {object}
        </>
      }
      verb={`Retry ${object}`}
      reason="none"
      act={act}
      onClose={onClose}
      onSubmit={() => act.mutate({ release, what }, { onSuccess: onClose })}
    >
      <p>The same release and the same plan, in new attempts. Earlier attempts and their logs stay.</p>
    </ActForm>
  );
}

export function CancelDialog({ pipeline, release, onClose }: Of) {
  const act = useAct(pipeline, (body: Schemas["Reason"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/cancel", { params: { path: { pipeline, number: release } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Cancel <b>{pipeline}</b> #{release}
        </>
      }
      verb={`Cancel #${release}`}
      danger
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ reason }, { onSuccess: onClose })}
    >
      <p>Its running jobs are told to stop. Targets that have it keep it.</p>
    </ActForm>
  );
}

export function QuarantineDialog({ pipeline, release, onClose }: Of) {
  const act = useAct(pipeline, (body: Schemas["Reason"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/quarantine", {
      params: { path: { pipeline, number: release } },
      body,
      headers,
    }),
  );
  return (
    <ActForm
      title={
        <>
          Quarantine <b>{pipeline}</b> #{release}
        </>
      }
      verb={`Quarantine #${release}`}
      danger
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ reason }, { onSuccess: onClose })}
    >
      <p>It enters no further target anywhere. Targets that run it keep it and are flagged; newer releases go on.</p>
    </ActForm>
  );
}

export function LiftQuarantineDialog({ pipeline, release, onClose }: Of) {
  const act = useAct(pipeline, (body: Schemas["Reason"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/lift-quarantine", {
      params: { path: { pipeline, number: release } },
      body,
      headers,
    }),
  );
  return (
    <ActForm
      title={
        <>
          Lift the quarantine of <b>{pipeline}</b> #{release}
        </>
      }
      verb="Lift the quarantine"
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ reason }, { onSuccess: onClose })}
    >
      <p>It may enter targets again, through the same gates as any other release.</p>
    </ActForm>
  );
}

/** Lets what a fork brings at this very commit do what a pull request of the repository's own may (D6). */
export function TrustDialog({ pipeline, commit, onClose }: { pipeline: string; commit: string; onClose: () => void }) {
  const act = useAct(pipeline, (body: Schemas["ApprovePullRequest"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/approve_pull_request", { params: { path: { pipeline } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Trust <Sha sha={commit} /> of <b>{pipeline}</b>
        </>
      }
      verb={`Trust ${shortSha(commit)}`}
      danger
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ commit, reason }, { onSuccess: onClose })}
    >
      <p>
        It comes from a fork. Trusted, it runs again with what the repository's own pull requests get: their secrets, their runners and a
        preview. Read every changed line first. Only this commit is meant: the next push asks anew.
      </p>
    </ActForm>
  );
}

export function StartDialog({ pipeline, onClose }: { pipeline: string; onClose: () => void }) {
  const [commit, setCommit] = useState("");
  const act = useAct(pipeline, (body: Schemas["Start"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/start", { params: { path: { pipeline } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Start a release of <b>{pipeline}</b>
        </>
      }
      verb="Start"
      reason="none"
      act={act}
      onClose={onClose}
      onSubmit={() => act.mutate(commit.trim() === "" ? {} : { commit: commit.trim() }, { onSuccess: onClose })}
    >
      <Field
        label="Commit (optional)"
        hint="Empty: the head of the branch. An older commit never becomes the newest."
        spellCheck={false}
        value={commit}
        onChange={(event) => setCommit(event.target.value)}
      />
    </ActForm>
  );
}
