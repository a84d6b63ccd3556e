import type { Schemas } from "../../api/client";
import { actorName } from "../../api/places";
import { useMay } from "../../app/access";
import { Button } from "../../design/Button";
import { EmptyState, PageBody } from "../../design/Page";
import { Chip } from "../../design/Status";
import { gateLook } from "../../design/state";
import { Left, Time } from "../../design/Time";
import { openApprove, openOverride, openReject } from "../actions/open";
import type { Release } from "./release";
import styles from "./release.module.css";

/** Every gate of this release: how it stands, why, who said what, and what can be done. */
export function Gates({ pipeline, release }: { pipeline: string; release: Release }) {
  return (
    <PageBody label="Gates">
      {release.gates.length === 0 ? (
        <EmptyState glyph="approval" title="No gates">
          <p>Nothing in this release's plan waits for people, windows, alarms or checks.</p>
        </EmptyState>
      ) : (
        <ul className={styles.cards}>
          {release.gates.map((gate) => (
            <Gate key={gate.key} pipeline={pipeline} release={release} gate={gate} />
          ))}
        </ul>
      )}
    </PageBody>
  );
}

function Gate({ pipeline, release, gate }: { pipeline: string; release: Release; gate: Schemas["GateView"] }) {
  const mayApprove = useMay("approve");
  const mayOverride = useMay("override");
  const isShut = release.state === "moving" && ["closed", "expired", "unreadable"].includes(gate.state);
  const of = { pipeline, release: release.number, gate: gate.key };
  return (
    <li className={styles.card}>
      <div className={styles.cardHead}>
        <Chip look={gateLook(gate.kind, gate.state)} />
        <h3 className="cut">{gate.key}</h3>
        {gate.needed != null && gate.needed > 0 && (
          <span className="num c-2">
            {gate.approvals.length} of {gate.needed} approvals
          </span>
        )}
        <span className="grow" />
        {isShut && gate.kind === "approval" && mayApprove && (
          <>
            <Button small look="primary" disabled={!gate.can_act} onClick={() => openApprove({ ...of, digest: release.digest })}>
              Approve…
            </Button>
            <Button small onClick={() => openReject(of)} disabled={!gate.can_act}>
              Reject…
            </Button>
          </>
        )}
        {isShut && mayOverride && (
          <Button small look="danger" onClick={() => openOverride(of)}>
            Override…
          </Button>
        )}
      </div>
      {gate.reason !== "" && <p>{gate.reason}</p>}
      {gate.cannot_because != null && isShut && <p className="c-2">{gate.cannot_because}</p>}
      <p className={`c-3 ${styles.asides}`}>
        {gate.since != null && (
          <span>
            since <Time at={gate.since} as="clock" />
          </span>
        )}
        {gate.opens_at != null && (
          <span>
            opens <Time at={gate.opens_at} />
          </span>
        )}
        {gate.expires_at != null && isShut && (
          <span>
            the request ends: <Left at={gate.expires_at} over="over" />
          </span>
        )}
        {gate.from.length > 0 && <span>by {gate.from.join(", ")}</span>}
        {gate.overridden && <span>overridden</span>}
      </p>
      {[...gate.approvals, ...(gate.rejected == null ? [] : [gate.rejected])].map((given) => (
        <p key={`${given.at} ${actorName(given.by)}`}>
          <b>{actorName(given.by)}</b> {given === gate.rejected ? "rejected" : "approved"}{" "}
          <code className="mono">{given.digest.slice(0, 12)}</code> <Time at={given.at} />
          {given.reason !== "" && `: ${given.reason}`}
        </p>
      ))}
    </li>
  );
}
