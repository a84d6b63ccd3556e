import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { actorName } from "../../api/places";
import { holds as holdsQuery, release } from "../../api/queries";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { openApprove, openLift, openOverride, openReject } from "../actions/open";
import styles from "./Panel.module.css";
import type { Standing } from "./summary";

/** What can be done about a wait, by whom looks. The dialogs say what will happen; the server decides. */
export function GateActs({ pipeline, standing }: { pipeline: string; standing: Standing }) {
  const { gate } = standing;
  switch (gate.kind) {
    case "approval":
      return <ApprovalActs pipeline={pipeline} standing={standing} />;
    case "alarms":
      return (
        <Acts>
          <Link to="/monitors" search={{}} className={buttonClass("plain", true)}>
            Open alarms
          </Link>
          <Override pipeline={pipeline} standing={standing} />
        </Acts>
      );
    case "hold":
      return <HoldActs pipeline={pipeline} standing={standing} />;
    default:
      return (
        <Acts>
          {gate.release != null && (
            <Link
              to="/p/$pipeline/releases/$number"
              params={{ pipeline, number: gate.release }}
              search={{}}
              className={buttonClass("soft", true)}
            >
              Open #{gate.release}
            </Link>
          )}
          <Override pipeline={pipeline} standing={standing} />
        </Acts>
      );
  }
}

function ApprovalActs({ pipeline, standing }: { pipeline: string; standing: Standing }) {
  const { gate } = standing;
  const number = gate.release ?? 0;
  // An approval is pinned to the digest of what is approved (G5).
  const answer = useQuery({ ...release(pipeline, number), enabled: gate.release != null }).data;
  const view = answer?.gates.find((each) => each.key === gate.gate);
  const key = gate.gate;
  return (
    <>
      {view?.cannot_because && <p className="c-2">{view.cannot_because}</p>}
      <Acts>
        {gate.canAct && key != null && (
          <>
            <Button
              look="primary"
              small
              disabled={answer === undefined}
              onClick={() => answer && openApprove({ pipeline, release: number, gate: key, digest: answer.digest })}
            >
              Review #{number}…
            </Button>
            <Button look="plain" small onClick={() => openReject({ pipeline, release: number, gate: key })}>
              Reject…
            </Button>
          </>
        )}
        <Override pipeline={pipeline} standing={standing} />
      </Acts>
    </>
  );
}

function Override({ pipeline, standing }: { pipeline: string; standing: Standing }) {
  const mayOverride = useMay("override");
  const { gate, release: number } = standing.gate;
  if (!mayOverride || gate == null || number == null) return null;
  return (
    <Button small onClick={() => openOverride({ pipeline, release: number, gate })}>
      Override…
    </Button>
  );
}

function HoldActs({ pipeline, standing }: { pipeline: string; standing: Standing }) {
  const mayLift = useMay("lift");
  const rows = useQuery(holdsQuery(pipeline)).data?.items ?? [];
  const over = rows.filter(
    ({ scope, lifted }) =>
      lifted == null &&
      (scope.kind === "everywhere" ||
        scope.kind === "pipeline" ||
        (scope.kind === "stage" && scope.name === standing.stage) ||
        (scope.kind === "lane" && scope.name === standing.lane)),
  );
  return (
    <Acts>
      {over.map((hold) => (
        <span key={hold.id} className={styles.hold}>
          <span>
            {actorName(hold.by)}: {hold.reason}
          </span>
          {mayLift && (
            <Button small onClick={() => openLift({ pipeline, hold: { ...hold, by: actorName(hold.by) } })}>
              Lift…
            </Button>
          )}
        </span>
      ))}
    </Acts>
  );
}

function Acts({ children }: { children: React.ReactNode }) {
  return <div className={styles.acts}>{children}</div>;
}
