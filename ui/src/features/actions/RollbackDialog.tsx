import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, type Schemas } from "../../api/client";
import { placeName } from "../../api/places";
import { rollbackPreview, targets as targetsQuery } from "../../api/queries";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { SelectField } from "../../design/Field";
import { ErrorState, Loading, Notice } from "../../design/Page";
import { Sha, shortSha } from "../../design/Sha";
import { Status } from "../../design/Status";
import { targetLook } from "../../design/state";
import { duration } from "../../design/time";
import { ActForm } from "./ActForm";
import styles from "./actions.module.css";
import { arrived, moving, verb } from "./rollback";
import { useAct } from "./use-act";

const SHOWN_COMMITS = 8;

/** From what to what, at which targets, without which commits: all of it before anybody presses. Then it shows how it goes. */
export function RollbackDialog({
  pipeline,
  place,
  to: first,
  onClose,
}: {
  pipeline: string;
  place: Schemas["Place"];
  to?: number;
  onClose: () => void;
}) {
  const [to, setTo] = useState(first);
  const [started, setStarted] = useState<Schemas["RollbackTarget"][] | null>(null);
  const query = useQuery({ ...rollbackPreview(pipeline, place, to), enabled: started === null });
  const act = useAct(pipeline, (body: Schemas["Rollback"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/rollback", { params: { path: { pipeline } }, body, headers }),
  );
  const title = (
    <>
      Roll back <b>{pipeline}</b> · {placeName(place)}
    </>
  );
  if (started !== null) return <Progress pipeline={pipeline} title={title} plan={started} onClose={onClose} />;
  const preview = query.data;
  if (preview === undefined) {
    return (
      <Dialog title={title} onClose={onClose} wide>
        {query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Loading rows={5} />}
      </Dialog>
    );
  }
  const { text, isPossible } = verb(preview);
  return (
    <ActForm
      wide
      danger
      title={title}
      verb={text}
      disabled={!isPossible || query.isPlaceholderData}
      typed={place.kind === "stage" && preview.targets.length > 1 ? pipeline : undefined}
      act={act}
      onClose={onClose}
      onSubmit={(reason) =>
        act.mutate({ place, reason, ...(to === undefined ? {} : { to }) }, { onSuccess: () => setStarted(moving(preview)) })
      }
    >
      <Preview preview={preview} to={to} onChoose={setTo} />
    </ActForm>
  );
}

function Preview({
  preview,
  to,
  onChoose,
}: {
  preview: Schemas["RollbackPreview"];
  to: number | undefined;
  onChoose: (to: number | undefined) => void;
}) {
  const options = [
    { value: "", text: "The last good release of each target" },
    ...preview.choices.map((choice) => ({
      value: String(choice.release),
      text: `#${choice.release} · ${shortSha(choice.sha)} ${choice.title}${choice.fits_all ? "" : ` (at ${choice.targets} of the targets)`}`,
    })),
  ];
  return (
    <>
      {preview.refused != null && <Notice tone="bad">This would be refused: {preview.refused}</Notice>}
      <SelectField
        label="Back to"
        value={to === undefined ? "" : String(to)}
        onChange={(value) => onChoose(value === "" ? undefined : Number(value))}
        options={options}
      />
      <Steps preview={preview} />
      <LeavesOut commits={preview.leaves_out} isCut={preview.is_cut} />
      <Notice tone="idle">
        {preview.quarantines.length > 0 && `${preview.quarantines.map((number) => `#${number}`).join(", ")} will be quarantined. `}
        {preview.holds &&
          "The lanes are held afterwards, so that the next release does not undo this; lift the hold when the way is clear. "}
        {preview.usually_ms != null && `It usually takes ${duration(preview.usually_ms)}. `}A rollback runs the earlier release's own stored
        steps; it does not undo what its commits did to data.
      </Notice>
    </>
  );
}

export function Steps({ preview }: { preview: Schemas["RollbackPreview"] }) {
  return (
    <ul className={styles.steps} aria-label="What happens at each target">
      {preview.targets.map((target) => (
        <li key={target.name} className={target.stays_because == null ? undefined : styles.stays}>
          <span className={styles.name}>{target.name}</span>
          {target.stays_because == null ? (
            <span className="num">
              #{target.from} → <Destination number={target.to} choices={preview.choices} />
            </span>
          ) : (
            <span className="c-3">stays: {target.stays_because}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Destination({ number, choices }: { number: number | null | undefined; choices: readonly Schemas["RollbackChoice"][] }) {
  const choice = choices.find((each) => each.release === number);
  return (
    <>
      #{number} {choice && <Sha sha={choice.sha} />}
    </>
  );
}

export function LeavesOut({ commits, isCut }: { commits: readonly Schemas["Change"][]; isCut: boolean }) {
  if (commits.length === 0) return null;
  const count = isCut ? `more than ${commits.length}` : String(commits.length);
  return (
    <div>
      <h3>
        Leaves out {count} {commits.length === 1 ? "commit" : "commits"}
      </h3>
      <ul className={styles.commits}>
        {commits.slice(0, SHOWN_COMMITS).map((change) => (
          <li key={change.n}>
            <Sha sha={change.sha} /> <span className="cut">{change.title}</span>
          </li>
        ))}
        {commits.length > SHOWN_COMMITS && <li className="c-3">and {commits.length - SHOWN_COMMITS} more</li>}
      </ul>
    </div>
  );
}

export function Progress({
  pipeline,
  title,
  plan,
  onClose,
}: {
  pipeline: string;
  title: ReactNode;
  plan: Schemas["RollbackTarget"][];
  onClose: () => void;
}) {
  const now = useQuery(targetsQuery(pipeline)).data?.items ?? [];
  const done = arrived(plan, now);
  return (
    <Dialog title={title} onClose={onClose} wide footer={<Button onClick={onClose}>Close</Button>}>
      <p role="status">
        {done === plan.length ? "Done." : "Under way."} {done} of {plan.length} run the earlier release. You can close this: it goes on.
      </p>
      <ul className={styles.steps}>
        {plan.map((step) => {
          const target = now.find((each) => each.name === step.name);
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
