import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, body } from "../../api/client";
import { actorName } from "../../api/places";
import { type AuditFilter, keys, pipelinePages } from "../../api/queries";
import { useMay } from "../../app/access";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Button, buttonClass } from "../../design/Button";
import { eventKinds, eventLook } from "../../design/events";
import { Glyph } from "../../design/glyphs";
import { EmptyState, ErrorState, Loading, Notice } from "../../design/Page";
import { Segments } from "../../design/Segments";
import { Time } from "../../design/Time";
import type { FeedEvent } from "../../live/protocol";
import { useEvents, useLive } from "../../live/use-live";
import styles from "./audit.module.css";
import { actorKey, actorsOf, dataText, exportAddress, objectOf, type Row } from "./filter";
import { ServerAudit } from "./ServerAudit";
import { Whole } from "./Whole";

const PAGE = 200;
const ROW_PX = 34;

/** Who did what, the engine's own acts included; newest first, filtered by the address. */
export function AuditPage() {
  const { view } = useSearch({ from: "/signed-in/audit" });
  const isAdmin = useMay("users");
  useTitle("Audit log");
  return (
    <>
      <Header title="Audit log">
        {isAdmin && (
          <Segments
            label="Audit logs"
            param="view"
            value={view === "server" ? "server" : "pipelines"}
            options={[
              { value: "pipelines", text: "Pipelines" },
              { value: "server", text: "Accounts and server" },
            ]}
          />
        )}
        <Whole />
      </Header>
      {view === "server" && isAdmin ? <ServerAudit /> : <Events />}
    </>
  );
}

function Events() {
  const { pipeline, release, kind, actor } = useSearch({ from: "/signed-in/audit" });
  const filter: AuditFilter = {
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(pipeline === undefined || release === undefined ? {} : { release }),
    ...(kind === undefined ? {} : { kind }),
    ...(actor === undefined ? {} : { actor }),
  };
  const query = useInfiniteQuery({
    queryKey: [...keys.audit, "rows", filter],
    queryFn: async ({ pageParam, signal }) =>
      body(
        await api.GET("/api/v1/audit", {
          params: { query: { ...filter, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } as never },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const newest = rows[0]?.seq ?? 0;
  const unseen = useNewEvents(filter, newest);
  return (
    <>
      <Filters rows={rows} filter={filter} />
      {unseen > 0 && (
        <div className={styles.fresh}>
          <Button look="primary" small onClick={() => void query.refetch()}>
            {unseen === 1 ? "1 new event" : `${unseen} new events`}
          </Button>
        </div>
      )}
      {query.isPending ? (
        <Loading rows={10} />
      ) : query.isError && rows.length === 0 ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : rows.length === 0 ? (
        <EmptyState glyph="list" title="No events match">
          <p>
            <Link to="/audit" search={{}}>
              Show everything
            </Link>
          </p>
        </EmptyState>
      ) : (
        <>
          {query.isError && <Notice tone="bad">Not up to date: {query.error.message}</Notice>}
          <Rows rows={rows} hasMore={query.hasNextPage} isFetching={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />
        </>
      )}
    </>
  );
}

function Filters({ rows, filter }: { rows: readonly Row[]; filter: AuditFilter }) {
  const navigate = useNavigate({ from: "/audit" });
  const pipelines = useInfiniteQuery(pipelinePages()).data?.pages.flatMap((page) => page.items) ?? [];
  const set = (change: Partial<Record<"pipeline" | "kind" | "actor", string>> & { release?: undefined }) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(
          Object.entries({ ...before, ...change }).filter(([, each]) => each !== "" && each !== undefined),
        ) as typeof before,
      replace: true,
    });
  return (
    <form className={styles.filters} onSubmit={(event) => event.preventDefault()} aria-label="Filters">
      <label>
        Pipeline{" "}
        <select value={filter.pipeline ?? ""} onChange={(event) => set({ pipeline: event.target.value, release: undefined })}>
          <option value="">all</option>
          {pipelines.map((each) => (
            <option key={each.name}>{each.name}</option>
          ))}
          {filter.pipeline !== undefined && !pipelines.some((each) => each.name === filter.pipeline) && <option>{filter.pipeline}</option>}
        </select>
      </label>
      <label>
        Event{" "}
        <select value={filter.kind ?? ""} onChange={(event) => set({ kind: event.target.value })}>
          <option value="">all</option>
          {eventKinds.map((kind) => (
            <option key={kind} value={kind}>
              {kind.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </label>
      <label>
        By{" "}
        <select value={filter.actor ?? ""} onChange={(event) => set({ actor: event.target.value })}>
          <option value="">all</option>
          {actorsOf(rows).map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
          {filter.actor !== undefined && rows.length === 0 && <option value={filter.actor}>{filter.actor}</option>}
        </select>
      </label>
      {filter.release !== undefined && (
        <Button look="soft" small onClick={() => set({ release: undefined })}>
          Release #{filter.release} <Glyph name="close" size={11} />
        </Button>
      )}
      {Object.keys(filter).length > 0 && (
        <Link className={styles.clear} to="/audit" search={{}}>
          Clear
        </Link>
      )}
      <span className="grow" />
      <a className={buttonClass()} href={exportAddress(filter, "csv")} download>
        CSV
      </a>
      <a className={buttonClass()} href={exportAddress(filter, "jsonl")} download>
        JSON lines
      </a>
    </form>
  );
}

function Rows({ rows, hasMore, isFetching, onMore }: { rows: readonly Row[]; hasMore: boolean; isFetching: boolean; onMore: () => void }) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetching && last >= rows.length - 30) onMore();
  }, [hasMore, isFetching, last, rows.length, onMore]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.scroller} ref={scroller} tabIndex={0} aria-label="Events">
      <table className={styles.table} aria-rowcount={hasMore ? -1 : rows.length + 1}>
        <caption className="visually-hidden">Events, newest first</caption>
        <colgroup>
          {["10.5%", "12%", "16%", "14%", "20%", "27.5%"].map((width) => (
            <col key={width} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {["When", "Who", "What", "Pipeline", "On", "Reason"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space height={shown[0]?.start ?? 0} />
          {shown.map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : <EventRow key={row.seq} row={row} index={item.index} />;
          })}
          <Space height={virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
      {isFetching && <p className={styles.more}>Loading older events…</p>}
    </section>
  );
}

/** Stands for rows that are not drawn. */
function Space({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row of a table takes no focus
    <tr aria-hidden="true">
      <td colSpan={6} className={styles.space} style={{ height }} />
    </tr>
  );
}

function EventRow({ row, index }: { row: Row; index: number }) {
  const look = eventLook(row.type);
  const object = objectOf(row);
  const who = actorKey(row.actor);
  return (
    <tr aria-rowindex={index + 2} title={dataText(row)}>
      <td className="num">
        <Time at={row.at} as="clock" />
      </td>
      <td>
        <Link to="/audit" search={(before) => ({ ...before, actor: who })} title={`Only by ${actorName(row.actor)}`}>
          {row.actor.kind === "runner" ? "a runner" : actorName(row.actor)}
        </Link>
      </td>
      <td>
        <span className={`${styles.what} c-${look.tone}`}>
          <Glyph name={look.glyph} size={14} />
          <span className="cut">{row.type.replaceAll("_", " ")}</span>
        </span>
      </td>
      <td>
        <Link to="/audit" search={(before) => ({ ...before, pipeline: row.pipeline })} title={`Only ${row.pipeline}`}>
          {row.pipeline}
        </Link>
        {row.release != null && (
          <>
            {" "}
            <Link className={styles.link} to="/p/$pipeline/releases/$number" params={{ pipeline: row.pipeline, number: row.release }}>
              #{row.release}
            </Link>
          </>
        )}
      </td>
      <td title={object}>
        {row.node != null && row.release != null ? (
          <Link
            className={styles.link}
            to="/p/$pipeline/releases/$number"
            params={{ pipeline: row.pipeline, number: row.release }}
            search={{ node: row.node }}
          >
            {object}
          </Link>
        ) : (
          object
        )}
      </td>
      <td className="c-2" title={row.reason}>
        {row.reason}
      </td>
    </tr>
  );
}

/** How many events that match have come since the newest row: the list does not move under a reader. */
function useNewEvents(filter: AuditFilter, newest: number): number {
  useLive(filter.pipeline === undefined ? "pipelines" : `p/${filter.pipeline}`);
  const [seen, setSeen] = useState<readonly FeedEvent[]>([]);
  useEvents(useCallback((events) => setSeen((before) => [...before, ...events].slice(-1_000)), []));
  return seen.filter(
    (event) =>
      event.seq > newest &&
      newest > 0 &&
      (filter.pipeline === undefined || event.pipeline === filter.pipeline) &&
      (filter.release === undefined || event.release === filter.release) &&
      (filter.kind === undefined || event.type === filter.kind) &&
      (filter.actor === undefined || actorKey(event.actor) === filter.actor),
  ).length;
}
