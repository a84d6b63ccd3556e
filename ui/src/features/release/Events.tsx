import { Link } from "@tanstack/react-router";
import { actorName } from "../../api/places";
import { eventLook } from "../../design/events";
import { Glyph } from "../../design/glyphs";
import { EmptyState, PageBody } from "../../design/Page";
import { Time } from "../../design/Time";
import type { Release } from "./release";
import styles from "./release.module.css";

/** What happened to this release, newest first, with whoever caused it. */
export function Events({ pipeline, release }: { pipeline: string; release: Release }) {
  const events = release.events.toSorted((one, other) => other.seq - one.seq);
  return (
    <PageBody label="Events">
      {events.length === 0 ? (
        <EmptyState glyph="list" title="Nothing has happened yet" />
      ) : (
        <ol className={styles.events}>
          {events.map((event) => {
            const look = eventLook(event.type);
            return (
              <li key={event.seq}>
                <span className={`c-${look.tone}`}>
                  <Glyph name={look.glyph} size={14} />
                </span>
                <span className={`num c-3 ${styles.when}`}>
                  <Time at={event.at} as="clock" />
                </span>
                <span className={styles.what}>
                  <b>{look.word}</b>
                  {event.target != null ? ` ${event.target}` : event.place != null ? ` ${event.place}` : ""}
                  {event.reason !== "" && <span className="c-2"> {event.reason}</span>}
                </span>
                <span className={`cut c-3 ${styles.who}`}>{actorName(event.actor)}</span>
                {event.node != null && (
                  <Link
                    className={styles.link}
                    to="/p/$pipeline/releases/$number"
                    params={{ pipeline, number: release.number }}
                    search={{ node: event.node }}
                  >
                    log
                  </Link>
                )}
              </li>
            );
          })}
        </ol>
      )}
      <p>
        <Link className={styles.link} to="/audit" search={{ pipeline, release: release.number }}>
          All of it in the audit log
        </Link>
      </p>
    </PageBody>
  );
}
