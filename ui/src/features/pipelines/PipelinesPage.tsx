import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { pipelinePages } from "../../api/queries";
import { useMay } from "../../app/access";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { useKeys } from "../../design/keys";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { SearchBox } from "../../design/SearchBox";
import { useLive } from "../../live/use-live";
import { ConnectDialog } from "./ConnectDialog";
import { isOnly, onlyValues, query, type Summary, starredFirst } from "./filter";
import { PipelineRow } from "./PipelineRow";
import styles from "./Pipelines.module.css";
import { useStars } from "./stars";

const onlyWords = { starred: "Starred", mine: "Mine", failing: "Failing", waiting: "Waiting" };

/** Every pipeline in a line: where its newest commit is, what is wrong, what waits for the reader. */
export function PipelinesPage() {
  useTitle("Pipelines");
  useLive("pipelines");
  const { q, only } = useSearch({ from: "/signed-in/" });
  const stars = useStars();
  const filter = query(useDeferredValue(q ?? ""), isOnly(only) ? only : undefined, stars);
  const pages = useInfiniteQuery({ ...pipelinePages(filter), enabled: filter !== undefined });
  const items = useMemo(() => (filter === undefined ? [] : pages.data?.pages.flatMap((page) => page.items)), [pages.data, filter]);
  const mayConnect = useMay("connect");
  const [connecting, setConnecting] = useState(false);
  return (
    <>
      <Header title="Pipelines">{mayConnect && <Button onClick={() => setConnecting(true)}>Connect a repository…</Button>}</Header>
      <Filters />
      <PageBody label="Pipelines">
        <Loaded query={{ ...pages, data: items }} rows={12}>
          {(all) => (
            <List
              all={all}
              isFiltered={(q ?? "") !== "" || only !== undefined}
              onConnect={mayConnect ? () => setConnecting(true) : undefined}
            />
          )}
        </Loaded>
        {pages.hasNextPage && (
          <Button onClick={() => void pages.fetchNextPage()} sending={pages.isFetchingNextPage}>
            More pipelines
          </Button>
        )}
      </PageBody>
      {connecting && <ConnectDialog onClose={() => setConnecting(false)} />}
    </>
  );
}

function Filters() {
  const { q, only } = useSearch({ from: "/signed-in/" });
  const navigate = useNavigate({ from: "/" });
  const input = useRef<HTMLInputElement>(null);
  useKeys([{ keys: "/", does: "filter pipelines", group: "Pipelines", act: () => input.current?.focus() }]);
  const set = (change: { q?: string | undefined; only?: string | undefined }) => {
    const next = { q, only, ...change };
    void navigate({
      search: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== "")),
      replace: true,
    });
  };
  return (
    <search className={styles.filters}>
      <SearchBox
        box={input}
        label="Filter by name or commit"
        placeholder="Filter by name or commit"
        width_px={236}
        value={q ?? ""}
        onChange={(text) => set({ q: text })}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <div className={styles.chips} role="group" aria-label="Show only">
        {onlyValues.map((value) => (
          <button key={value} type="button" aria-pressed={only === value} onClick={() => set({ only: only === value ? undefined : value })}>
            {onlyWords[value]}
          </button>
        ))}
      </div>
    </search>
  );
}

function List({ all, isFiltered, onConnect }: { all: readonly Summary[]; isFiltered: boolean; onConnect: (() => void) | undefined }) {
  const stars = useStars();
  const table = useRef<HTMLTableElement>(null);
  const shown = useMemo(() => starredFirst(all, stars), [all, stars]);
  useKeys([
    { keys: "j", does: "next pipeline", group: "Pipelines", act: () => step(table.current, 1) },
    { keys: "k", does: "previous pipeline", group: "Pipelines", act: () => step(table.current, -1) },
  ]);
  if (all.length === 0 && !isFiltered) {
    return (
      <EmptyState glyph="pipelines" title="No pipelines yet">
        <p>
          A pipeline follows a branch of a repository that has a file <code>.tidegate/pipeline.yaml</code>.
        </p>
        {onConnect ? (
          <p>
            <Button look="primary" onClick={onConnect}>
              Connect a repository…
            </Button>
          </p>
        ) : (
          <p>An operator can connect one.</p>
        )}
      </EmptyState>
    );
  }
  if (shown.length === 0) {
    return (
      <EmptyState glyph="search" title="No pipeline matches">
        <p>Change the filter above, or take it away.</p>
      </EmptyState>
    );
  }
  return (
    <table className={styles.table} ref={table}>
      <thead>
        <tr>
          <th>
            <span className="visually-hidden">Star</span>
          </th>
          <th>Pipeline</th>
          <th>State</th>
          <th>Newest commit</th>
          <th>Waves</th>
          <th>Last 30</th>
          <th className={styles.number}>On the way</th>
          <th>For you</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((summary) => (
          <PipelineRow key={summary.name} summary={summary} starred={stars.has(summary.name)} />
        ))}
      </tbody>
    </table>
  );
}

/** Moves the focus from one row's name to the next. */
function step(table: HTMLTableElement | null, by: number): void {
  const links = [...(table?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}
