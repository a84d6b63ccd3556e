import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { audit, monitors as monitorsQuery } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { eventLook } from "../../design/events";
import { Glyph } from "../../design/glyphs";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { Chip, Status } from "../../design/Status";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import { duration } from "../../design/time";
import { useLive } from "../../live/use-live";
import { safeLink } from "../log/ansi";
import { alarmNames, blockOf, type Monitor, monitorLook, sorted, wrongSince } from "./blocked";
import styles from "./monitors.module.css";
import { Readings } from "./Readings";

/** What is watched, how it is, and what each alarm blocks. */
export function MonitorsPage() {
  useLive("monitors");
  const query = useQuery(monitorsQuery);
  const items = sorted(query.data?.items ?? []);
  const bad = items.filter((monitor) => monitor.last?.kind === "bad").length;
  useTitle(bad > 0 ? `(${bad}) Monitors` : "Monitors");
  return (
    <>
      <Header
        title="Monitors"
        chips={bad > 0 && <Chip look={{ tone: "bad", glyph: "alarm" }}>{bad === 1 ? "1 alarm" : `${bad} alarms`}</Chip>}
      />
      <PageBody label="Monitors">
        <Loaded query={query}>
          {() =>
            items.length === 0 ? (
              <EmptyState glyph="alarm" title="Nothing is watched now">
                <p>Alarms are read while a release deploys, bakes or waits at a gate that looks at them. What is read then appears here.</p>
              </EmptyState>
            ) : (
              <ul className={styles.list}>
                {items.map((monitor) => (
                  <MonitorCard key={`${monitor.pipeline} ${monitor.id}`} monitor={monitor} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </PageBody>
    </>
  );
}

function MonitorCard({ monitor }: { monitor: Monitor }) {
  const { id } = useSearch({ from: "/signed-in/monitors" });
  const isOpen = id === monitor.id;
  const look = monitorLook(monitor);
  const since = wrongSince(monitor);
  const address = monitor.url == null ? undefined : safeLink(monitor.url);
  const names = alarmNames(monitor);
  const value = monitor.last?.kind === "ok" || monitor.last?.kind === "bad" ? monitor.last.value : null;
  return (
    <li className={isOpen ? `${styles.card} ${styles.open}` : styles.card}>
      <div className={styles.head}>
        <span className={styles.state}>
          <Status look={look} />
        </span>
        <Link className={styles.reads} to="/monitors" search={isOpen ? {} : { id: monitor.id }} aria-expanded={isOpen} replace>
          {names === "" ? monitor.reads : names}
        </Link>
        <Link className="c-2" to="/p/$pipeline" params={{ pipeline: monitor.pipeline }}>
          {monitor.pipeline}
        </Link>
        {since !== undefined && (
          <span className={`num c-${look.tone}`}>
            for <Time at={since} as="age" />
          </span>
        )}
        {value != null && (
          <span className="num c-2">
            value {value.toLocaleString("en")}
            {monitor.bound != null && `, bad from ${monitor.bound}`}
          </span>
        )}
        <span className={styles.slot}>
          <Readings recent={monitor.recent} />
        </span>
        {address !== undefined && (
          <a className={styles.out} href={address} target="_blank" rel="noopener noreferrer">
            Open <Glyph name="external" size={11} />
          </a>
        )}
      </div>
      {monitor.last != null && !(value != null && look.tone === "ok") && <p>{monitor.last.detail}</p>}
      {names !== "" && <p className="c-3">{monitor.reads}</p>}
      <p className={styles.blocks}>
        <span className="c-3">{look.tone === "ok" ? "watches" : "blocks"}</span>
        {monitor.blocks.map((text) => {
          const { release, place } = blockOf(text);
          if (release === undefined) return <span key={text}>{place}</span>;
          return (
            <Link
              key={text}
              className={table.link}
              to="/p/$pipeline/releases/$number"
              params={{ pipeline: monitor.pipeline, number: release }}
            >
              #{release} {place}
            </Link>
          );
        })}
        <span className="c-3">
          read every {duration(monitor.interval_ms)}
          {monitor.last_at != null && (
            <>
              , last <Time at={monitor.last_at} />
            </>
          )}
        </span>
      </p>
      {isOpen && <History monitor={monitor} />}
    </li>
  );
}

/** When it fired and cleared before: events of its pipeline that name it. */
function History({ monitor }: { monitor: Monitor }) {
  const kinds = ["alarm_fired", "alarm_cleared", "monitor_unreadable", "monitor_readable"];
  const queries = [
    useQuery(audit({ pipeline: monitor.pipeline, kind: "alarm_fired", limit: 50 })),
    useQuery(audit({ pipeline: monitor.pipeline, kind: "alarm_cleared", limit: 50 })),
    useQuery(audit({ pipeline: monitor.pipeline, kind: "monitor_unreadable", limit: 50 })),
    useQuery(audit({ pipeline: monitor.pipeline, kind: "monitor_readable", limit: 50 })),
  ];
  const events = queries
    .flatMap((query) => query.data?.items ?? [])
    .filter((event) => kinds.includes(event.type) && (event.data as { monitor?: unknown } | undefined)?.monitor === monitor.id)
    .sort((one, other) => other.seq - one.seq);
  if (queries.some((query) => query.isPending)) return <p className="c-3">Looking up what happened before…</p>;
  if (events.length === 0) return <p className="c-3">It has not fired since it is watched.</p>;
  return (
    <ol className={styles.history}>
      {events.map((event) => {
        const look = eventLook(event.type);
        return (
          <li key={event.seq}>
            <Status look={look} />
            <span className="num c-3">
              <Time at={event.at} as="clock" />
            </span>
            <span>{event.reason}</span>
          </li>
        );
      })}
    </ol>
  );
}
