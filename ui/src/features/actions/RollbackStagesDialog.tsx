import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas } from "../../api/client";
import { rollbackPreview } from "../../api/queries";
import { Dialog } from "../../design/Dialog";
import { ErrorState, Loading, Notice } from "../../design/Page";
import { ActForm } from "./ActForm";
import { LeavesOut, Progress, Steps } from "./RollbackDialog";
import { across } from "./rollback";
import { useAct } from "./use-act";

/** Rolls back several stages at once, the one furthest from the build first; each target to its own last good release. */
export function RollbackStagesDialog({ pipeline, stages, onClose }: { pipeline: string; stages: readonly string[]; onClose: () => void }) {
  const [started, setStarted] = useState<Schemas["RollbackTarget"][] | null>(null);
  const queries = useQueries({
    queries: stages.map((stage) => ({ ...rollbackPreview(pipeline, { kind: "stage", stage }, undefined), enabled: started === null })),
  });
  const act = useAct(pipeline, async ({ stages, reason }: { stages: readonly string[]; reason: string }, headers) => {
    for (const stage of stages) {
      await api.POST("/api/v1/pipelines/{pipeline}/rollback", {
        params: { path: { pipeline } },
        body: { place: { kind: "stage", stage }, reason },
        // One act to whoever presses, one for each stage to the server: sent again, none of them is done twice.
        headers: { "Idempotency-Key": `${headers["Idempotency-Key"]}-${stage}` },
      });
    }
  });
  const title = (
    <>
      Roll back <b>{pipeline}</b> · every stage
    </>
  );
  if (started !== null) return <Progress pipeline={pipeline} title={title} plan={started} onClose={onClose} />;
  const previews = queries.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const failed = queries.find((query) => query.isError);
  if (previews.length < stages.length) {
    return (
      <Dialog title={title} onClose={onClose} wide>
        {failed ? <ErrorState error={failed.error} onRetry={() => void failed.refetch()} /> : <Loading rows={6} />}
      </Dialog>
    );
  }
  const plan = across(previews);
  const quarantines = [...new Set(previews.flatMap((preview) => preview.quarantines))];
  return (
    <ActForm
      wide
      danger
      title={title}
      verb={plan.text}
      disabled={plan.targets.length === 0}
      typed={pipeline}
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ stages: plan.stages, reason }, { onSuccess: () => setStarted(plan.targets) })}
    >
      {previews.map((preview, at) => (
        <div key={stages[at]}>
          <h3>{stages[at]}</h3>
          {preview.refused != null && <Notice tone="wait">It stays as it is: {preview.refused}</Notice>}
          <Steps preview={preview} />
        </div>
      ))}
      <LeavesOut commits={plan.leaves_out} isCut={previews.some((preview) => preview.is_cut)} />
      <Notice tone="idle">
        The stage furthest from the build goes first.{" "}
        {quarantines.length > 0 && `${quarantines.map((number) => `#${number}`).join(", ")} will be quarantined. `}
        {previews.some((preview) => preview.holds) && "The lanes are held afterwards, so that the next release does not undo this. "}A
        rollback runs the earlier releases' own stored steps; it does not undo what their commits did to data.
      </Notice>
    </ActForm>
  );
}
