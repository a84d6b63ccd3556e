import { Link } from "@tanstack/react-router";
import { waveName } from "../../api/places";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Sha } from "../../design/Sha";
import { Left, Time } from "../../design/Time";
import { openApprove, openLift, openOverride } from "../actions/open";
import styles from "./Board.module.css";
import { useBoard } from "./context";
import { type Connector as ConnectorOf, connector } from "./gate";
import type { Card } from "./layout";

/** What stands in front of a wave: who waits there, for what, since when, until when, and the one thing to do about it. */
export function Connector({ card }: { card: Card }) {
  const shown = connector(card.wave, card.before);
  const place = waveName(card.stage.name, card.wave.name);
  if (shown.isThin) {
    return (
      <div className={`${styles.gate} ${styles.thin}`} aria-hidden="true">
        <span className={styles.round}>
          <Glyph name="next" size={14} />
        </span>
      </div>
    );
  }
  const { waiting } = shown;
  return (
    <div className={`${styles.gate} ${styles[`gate-${shown.tone}`] ?? ""}`} role="group" aria-label={`Gate before ${place}`}>
      <span className={styles.round}>
        {shown.since !== undefined && shown.until !== undefined && <Ring since={shown.since} until={shown.until} />}
        <Glyph name={shown.glyph} size={15} />
      </span>
      <b title={shown.detail}>{shown.title}</b>
      {(waiting || shown.until !== undefined) && (
        <span className={styles.why} title={shown.detail}>
          {shown.until !== undefined ? <Left at={shown.until} /> : shown.since !== undefined && <Waits since={shown.since} />}
        </span>
      )}
      {waiting && (
        <>
          <span className={styles.who}>
            <Sha sha={waiting.sha} />
          </span>
          {waiting.held > 0 && <span className={styles.who}>{waiting.held === 1 ? "1 commit" : `${waiting.held} commits`}</span>}
          {shown.more.length > 0 && (
            <span className={styles.who} title={shown.more.map((reason) => reason.detail).join("\n")}>
              +{shown.more.length} more
            </span>
          )}
        </>
      )}
      <Act shown={shown} place={place} />
    </div>
  );
}

function Waits({ since }: { since: number }) {
  return (
    <>
      for <Time at={since} as="age" />
    </>
  );
}

/** How much of the waiting is over. */
function Ring({ since, until }: { since: number; until: number }) {
  const now = useNow();
  const share = Math.min(1, Math.max(0, (now - since) / Math.max(1, until - since)));
  const length = 2 * Math.PI * 15.2;
  return (
    <svg className={styles.ring} width="34" height="34" aria-hidden="true">
      <circle
        cx="17"
        cy="17"
        r="15.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.6"
        strokeDasharray={`${length * share} ${length}`}
      />
    </svg>
  );
}

function Act({ shown, place }: { shown: ConnectorOf; place: string }) {
  const { pipeline, holds } = useBoard();
  const mayOverride = useMay("override");
  const mayLift = useMay("lift");
  const { waiting, gate } = shown;
  if (waiting === undefined) return null;
  if (shown.act === "review" && gate?.can_act) {
    return (
      <Button
        look="primary"
        small
        aria-label={`Review the approval before ${place}`}
        onClick={() => openApprove({ pipeline, release: waiting.release, gate: gate.key, digest: waiting.digest })}
      >
        Review
      </Button>
    );
  }
  if (shown.act === "monitors") {
    return (
      <Link to="/monitors" search={{}} className={buttonClass("plain", true)} aria-label={`Open the alarms before ${place}`}>
        Open
      </Link>
    );
  }
  if (shown.act === "override" && gate && mayOverride) {
    return (
      <Button
        small
        aria-label={`Override the gate before ${place}…`}
        onClick={() => openOverride({ pipeline, release: waiting.release, gate: gate.key })}
      >
        Override…
      </Button>
    );
  }
  const hold = holds.find((each) => each.id === shown.hold);
  if (shown.act === "lift" && hold && mayLift) {
    return (
      <Button small aria-label={`Lift the hold before ${place}…`} onClick={() => openLift({ pipeline, hold })}>
        Lift…
      </Button>
    );
  }
  return null;
}
