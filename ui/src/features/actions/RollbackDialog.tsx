import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, type Schemas } from "../../api/client";
import { placeName } from "../../api/places";
import { progress, targets as targetsQuery } from "../../api/queries";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { SelectField } from "../../design/Field";
import { ErrorState, Loading, Notice } from "../../design/Page";
import { Sha, shortSha } from "../../design/Sha";
import { Status } from "../../design/Status";
import { targetLook } from "../../design/state";
import { ActForm } from "./ActForm";
import styles from "./actions.module.css";
import { choices, inPlace, leftOut, running, type Step, steps } from "./rollback";
import { useAct } from "./use-act";

type Props = { pipeline: string; place: Schemas["Place"]; to?: number; onClose: () => void };

/** From what to what, at which targets, without which commits: all of it before anybody presses. Then it shows how it goes. */
export function RollbackDialog({ pipeline, place, to: preselected, onClose }: Props) {
  const query = useQuery(targetsQuery(pipeline));
  if (query.data === undefined) {
    return (
      <Dialog title={`Roll back ${pipeline} · ${placeName(place)}`} onClose={onClose} wide>
        {query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Loading rows={5} />}
      </Dialog>
    );
  }
  const affected = query.data.items.filter((target) => inPlace(target, place));
  return <Plan pipeline={pipeline} place={place} preselected={preselected} affected={affected} onClose={onClose} />;
}

function Plan({
  pipeline,
  place,
  preselected,
  affected,
  onClose,
}: {
  pipeline: string;
  place: Schemas["Place"];
  preselected: number | undefined;
  affected: Schemas["TargetView"][];
  onClose: () => void;
}) {
  const changes = useQuery(progress(pipeline, 200)).data?.changes ?? [];
  const [to, setTo] = useState(preselected);
  const [started, setStarted] = useState<Step[] | null>(null);
  const act = useAct(pipeline, (body: Schemas["Rollback"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/rollback", { params: { path: { pipeline } }, body, headers }),
  );
  const plan = useMemo(() => steps(affected, to), [affected, to]);
  const moving = plan.filter((step) => step.stays === undefined);
  const without = useMemo(() => leftOut(moving, changes), [moving, changes]);
  const byRelease = useMemo(() => new Map(changes.map((change) => [change.release, change])), [changes]);
  const title = (
    <>
      Roll back <b>{pipeline}</b> · {placeName(place)}
    </>
  );
  if (started !== null) return <Under title={title} plan={started} affected={affected} onClose={onClose} />;

  const options = [
    { value: "", text: "The last good release of each target" },
    ...choices(affected).map((release) => {
      const change = byRelease.get(release);
      return { value: String(release), text: change ? `#${release} · ${shortSha(change.sha)} ${change.title}` : `#${release}` };
    }),
  ];
  const count = moving.length === 1 ? "1 target" : `${moving.length} targets`;
  return (
    <ActForm
      wide
      danger
      title={title}
      verb={`Roll back ${count}`}
      disabled={moving.length === 0}
      typed={place.kind === "stage" && affected.length > 1 ? pipeline : undefined}
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ place, reason, ...(to === undefined ? {} : { to }) }, { onSuccess: () => setStarted(moving) })}
    >
      <SelectField
        label="Back to"
        value={to === undefined ? "" : String(to)}
        onChange={(value) => setTo(value === "" ? undefined : Number(value))}
        options={options}
      />
      <ul className={styles.steps} aria-label="What happens at each target">
        {plan.map((step) => (
          <li key={step.name} className={step.stays === undefined ? undefined : styles.stays}>
            <span className={styles.name}>{step.name}</span>
            {step.stays === undefined ? (
              <span>
                <Release number={step.from} of={byRelease} /> → <Release number={step.to} of={byRelease} />
              </span>
            ) : (
              <span className="c-3">stays: {step.stays}</span>
            )}
          </li>
        ))}
      </ul>
      {without.length > 0 && (
        <div>
          <h3>
            Leaves out {without.length} {without.length === 1 ? "commit" : "commits"}
          </h3>
          <ul className={styles.commits}>
            {without.slice(0, 8).map((change) => (
              <li key={change.n}>
                <Sha sha={change.sha} /> <span className="cut">{change.title}</span>
              </li>
            ))}
            {without.length > 8 && <li className="c-3">and {without.length - 8} more</li>}
          </ul>
        </div>
      )}
      <Notice tone="idle">
        The lanes are held afterwards, so that the next release does not undo this; lift the hold when the way is clear. A rollback runs the
        earlier release's own stored steps; it does not undo what its commits did to data.
      </Notice>
    </ActForm>
  );
}

function Release({ number, of }: { number: number | null; of: ReadonlyMap<number | null | undefined, Schemas["Change"]> }) {
  const change = of.get(number);
  return (
    <span className="num">
      #{number} {change && <Sha sha={change.sha} />}
    </span>
  );
}

function Under({
  title,
  plan,
  affected,
  onClose,
}: {
  title: React.ReactNode;
  plan: Step[];
  affected: Schemas["TargetView"][];
  onClose: () => void;
}) {
  const byName = new Map(affected.map((target) => [target.name, target]));
  const done = plan.filter((step) => running(byName.get(step.name) ?? (affected[0] as Schemas["TargetView"])) === step.to).length;
  return (
    <Dialog title={title} onClose={onClose} wide footer={<Button onClick={onClose}>Close</Button>}>
      <p role="status">
        {done === plan.length ? "Done." : "Under way."} {done} of {plan.length} run the earlier release. You can close this: it goes on.
      </p>
      <ul className={styles.steps}>
        {plan.map((step) => {
          const target = byName.get(step.name);
          return (
            <li key={step.name}>
              <span className={styles.name}>{step.name}</span>
              {target && <Status look={targetLook(target.state)} />}
              <span className="num">→ #{step.to}</span>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
