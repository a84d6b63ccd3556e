import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { actorName } from "../../api/places";
import { eventKinds, eventLook } from "../../design/events";
import { Glyph } from "../../design/glyphs";
import { Time } from "../../design/Time";
import { localTimes } from "../../design/time";
import styles from "./Board.module.css";
import { useBoard } from "./context";

/** Kinds whose reason says more than the line does already. */
const telling = new Set<Schemas["EventKind"]>(
  eventKinds.filter(
    (kind) =>
      ![
        "release_entered",
        "wave_completed",
        "stage_completed",
        "release_completed",
        "rollout_started",
        "rollout_succeeded",
        "bake_passed",
      ].includes(kind),
  ),
);

/** The last things that happened, newest first. */
export function Activity({ events }: { events: readonly Schemas["FeedEvent"][] }) {
  const { pipeline } = useBoard();
  const shown = events.filter((event) => !event.type.startsWith("job_") || event.type === "job_failed").slice(0, 12);
  return (
    <section className={styles.activity} aria-labelledby="activity">
      <h2 className={styles.panelHead} id="activity">
        Activity
        <span className="grow" />
        <Link to="/audit" search={{ pipeline }} className={styles.more}>
          All of it
        </Link>
      </h2>
      {shown.length === 0 ? (
        <p className={styles.calm}>Nothing has happened yet.</p>
      ) : (
        <ol>
          {shown.map((event) => (
            <Row key={event.seq} event={event} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Row({ event }: { event: Schemas["FeedEvent"] }) {
  const look = eventLook(event.type);
  const where = event.target ?? event.place;
  const reason = telling.has(event.type) ? localTimes(event.reason, event.at) : "";
  const who = event.actor.kind === "person" || event.actor.kind === "token" ? actorName(event.actor) : undefined;
  return (
    <li>
      <Time at={event.at} as="clock" />
      <span className={`c-${look.tone}`}>
        <Glyph name={look.glyph} size={14} />
      </span>
      <span className="cut" title={event.reason}>
        {who !== undefined && <b>{who} </b>}
        {event.release != null && (
          <Link to="/p/$pipeline/releases/$number" params={{ pipeline: event.pipeline, number: event.release }} search={{}}>
            #{event.release}
          </Link>
        )}{" "}
        {look.word}
        {where != null && (
          <>
            {" "}
            <span className="c-2">·</span> {where}
          </>
        )}
        {reason !== "" && <span className="c-3"> · {reason}</span>}
      </span>
    </li>
  );
}
