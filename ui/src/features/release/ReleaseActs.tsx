import { messageOf } from "../../api/problem";
import { useMay } from "../../app/access";
import { Button } from "../../design/Button";
import { MenuButton } from "../../design/MenuButton";
import { openCancel, openLiftQuarantine, openQuarantine, openRetry, openRollback, openRollbackStages, openTrust } from "../actions/open";
import { useRetry } from "../actions/ReleaseDialogs";
import { type Release, stagesOf, troubles } from "./release";

/** What can be done with this release by whoever looks. */
export function ReleaseActs({ pipeline, release }: { pipeline: string; release: Release }) {
  const mayRetry = useMay("retry");
  const mayRollback = useMay("rollback");
  const mayCancel = useMay("cancel");
  const mayQuarantine = useMay("quarantine");
  const mayLift = useMay("lift");
  const mayApprove = useMay("approve");
  const commit = release.revisions[0]?.commit;
  const retry = useRetry(pipeline);
  const failed = troubles(release).filter((node) => node.state === "failed").length;
  const canRetry = mayRetry && (release.state === "failed" || (release.state === "moving" && failed > 0));
  const begun = [...new Set(release.waves.filter((wave) => wave.entered_at != null).map((wave) => wave.stage))];
  const deploys = stagesOf(release).filter(
    (stage) => begun.includes(stage) && release.nodes.some((node) => node.stage === stage && node.target != null),
  );
  return (
    <>
      {retry.isError && (
        <span className="c-bad" role="alert">
          {messageOf(retry.error)}
        </span>
      )}
      {mayApprove && release.trust === "fork" && commit !== undefined && (
        <Button onClick={() => openTrust({ pipeline, commit })}>Trust this commit…</Button>
      )}
      {canRetry && failed > 0 && (
        <Button onClick={() => retry.mutate({ release: release.number, what: { kind: "failed_jobs" } })} sending={retry.isPending}>
          Retry failed ({failed})
        </Button>
      )}
      {canRetry && (
        <MenuButton
          label="Retry stage"
          items={begun.map((stage) => ({
            text: `${stage}, from its start`,
            act: () => openRetry({ pipeline, release: release.number, what: { kind: "stage", stage } }),
          }))}
        />
      )}
      {mayCancel && release.state === "moving" && (
        <Button onClick={() => openCancel({ pipeline, release: release.number })}>Cancel…</Button>
      )}
      {mayQuarantine && release.quarantine == null && (
        <Button onClick={() => openQuarantine({ pipeline, release: release.number })}>Quarantine…</Button>
      )}
      {mayLift && release.quarantine != null && (
        <Button onClick={() => openLiftQuarantine({ pipeline, release: release.number })}>Lift quarantine…</Button>
      )}
      {mayRollback && deploys.length > 0 && (
        <MenuButton
          label="Roll back"
          look="danger"
          items={[
            ...deploys.map((stage) => ({
              text: `${stage}…`,
              act: () => openRollback({ pipeline, place: { kind: "stage" as const, stage } }),
            })),
            ...(deploys.length > 1 ? [{ text: "every stage…", act: () => openRollbackStages({ pipeline, stages: deploys }) }] : []),
          ]}
        />
      )}
    </>
  );
}
