import { useState } from "react";
import { api, type Schemas } from "../../api/client";
import { scopeName } from "../../api/places";
import { SelectField } from "../../design/Field";
import { Notice } from "../../design/Page";
import { Time } from "../../design/Time";
import { ActForm } from "./ActForm";
import styles from "./actions.module.css";
import { useAct } from "./use-act";

/** Holds forward admission (L7). Rollbacks pass. */
export function HoldDialog({ pipeline, scope: first, onClose }: { pipeline: string; scope: Schemas["HoldScope"]; onClose: () => void }) {
  const [scope, setScope] = useState(first);
  const act = useAct(pipeline, (body: Schemas["PlaceHold"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/holds", { params: { path: { pipeline } }, body, headers }),
  );
  const wide = scope.kind === "pipeline" || scope.kind === "everywhere";
  const options = [first, { kind: "pipeline" } as const].filter((each, index) => index === 0 || first.kind !== each.kind);
  return (
    <ActForm
      title={
        <>
          Hold <b>{pipeline}</b> · {scopeName(scope)}
        </>
      }
      verb={`Hold ${scopeName(scope)}`}
      typed={wide ? pipeline : undefined}
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ scope, reason }, { onSuccess: onClose })}
    >
      {options.length > 1 && (
        <SelectField
          label="What is held"
          value={scope.kind}
          onChange={(kind) => setScope(options.find((each) => each.kind === kind) ?? first)}
          options={options.map((each) => ({ value: each.kind, text: scopeName(each) }))}
        />
      )}
      <Notice tone="idle">Nothing goes forward there until the hold is lifted. What runs goes on, and rollbacks pass.</Notice>
    </ActForm>
  );
}

export function LiftDialog({ pipeline, hold, onClose }: { pipeline: string; hold: Schemas["Held"]; onClose: () => void }) {
  const act = useAct(pipeline, (body: Schemas["Reason"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/holds/{id}/lift", { params: { path: { pipeline, id: hold.id } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Lift the hold on <b>{pipeline}</b> · {scopeName(hold.scope)}
        </>
      }
      verb="Lift the hold"
      reason="optional"
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ reason }, { onSuccess: onClose })}
    >
      <dl className={styles.facts}>
        <dt>Placed by</dt>
        <dd>
          {hold.by}, <Time at={hold.since} />
        </dd>
        <dt>Because</dt>
        <dd>{hold.reason}</dd>
      </dl>
      <p>What waits there goes on at once if its gates are open.</p>
    </ActForm>
  );
}
