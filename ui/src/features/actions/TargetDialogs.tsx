import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas } from "../../api/client";
import { actorName } from "../../api/places";
import { targets } from "../../api/queries";
import { useMe } from "../../app/access";
import { useNow } from "../../design/clock";
import { SelectField } from "../../design/Field";
import { Notice } from "../../design/Page";
import { Left, Time } from "../../design/Time";
import { ActForm } from "./ActForm";
import { useAct } from "./use-act";
import { stillAsked, type Verdict, verdicts } from "./verdict";

type Of = { pipeline: string; target: string; onClose: () => void };

/** Says what is true of a target whose last attempt was lost (R9). */
export function ResolveDialog({ pipeline, target, onClose }: Of) {
  const view = useTarget(pipeline, target);
  const [verdict, setVerdict] = useState<Verdict>("succeeded");
  const act = useAct(pipeline, (body: Schemas["Resolve"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/targets/resolve", { params: { path: { pipeline } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          What is true of <b>{pipeline}</b> · {target}?
        </>
      }
      verb="Say so"
      danger
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ target, verdict: { kind: verdict }, reason }, { onSuccess: onClose })}
    >
      <Lost view={view} />
      <Found verdict={verdict} onChoose={setVerdict} />
    </ActForm>
  );
}

/** Takes a target from an attempt that may still act: one admin asks, another who says the same decides (IA4). */
export function BreakGlassDialog({ pipeline, target, onClose }: Of) {
  const view = useTarget(pipeline, target);
  const me = useMe();
  const asked = stillAsked(view?.glass, useNow());
  const [chosen, setChosen] = useState<Verdict | undefined>();
  const verdict = chosen ?? asked?.verdict.kind ?? "succeeded";
  const isSame = asked?.verdict.kind === verdict;
  const isOwn = asked !== undefined && me !== undefined && actorName(asked.by) === me.name;
  const act = useAct(pipeline, (body: Schemas["Resolve"], headers) =>
    api.POST("/api/v1/pipelines/{pipeline}/targets/break-glass", { params: { path: { pipeline } }, body, headers }),
  );
  return (
    <ActForm
      title={
        <>
          Break the glass: <b>{pipeline}</b> · {target}
        </>
      }
      verb={isSame && !isOwn ? "Break the glass" : "Ask a second admin"}
      danger
      disabled={isSame && isOwn}
      typed={target}
      act={act}
      onClose={onClose}
      onSubmit={(reason) => act.mutate({ target, verdict: { kind: verdict }, reason }, { onSuccess: onClose })}
    >
      <Lost view={view} />
      <Notice tone="bad">
        The lost attempt may still act at {target}. After this it counts no more, but nothing stops what it has begun. Two admins must say
        the same.
      </Notice>
      {asked !== undefined && (
        <Notice tone="wait">
          <b>{isOwn ? "You" : actorName(asked.by)}</b> said that {verdicts[asked.verdict.kind]} (“{asked.reason}”).{" "}
          {isOwn ? "Another admin must say the same; " : "If you say the same, it is done; "}
          <Left at={asked.until} over="too late" />.
        </Notice>
      )}
      <Found verdict={verdict} onChoose={setChosen} />
    </ActForm>
  );
}

function useTarget(pipeline: string, target: string): Schemas["TargetView"] | undefined {
  return useQuery(targets(pipeline, target)).data?.items[0];
}

function Lost({ view }: { view: Schemas["TargetView"] | undefined }) {
  if (view?.unknown == null) return null;
  return (
    <Notice tone="wait">
      Contact was lost <Time at={view.unknown.since} /> during attempt <code>{view.unknown.attempt}</code>. Look at the target first.
    </Notice>
  );
}

function Found({ verdict, onChoose }: { verdict: Verdict; onChoose: (verdict: Verdict) => void }) {
  return (
    <SelectField
      label="You found that"
      value={verdict}
      onChange={(value) => onChoose(value as Verdict)}
      options={Object.entries(verdicts).map(([value, text]) => ({ value, text }))}
    />
  );
}
