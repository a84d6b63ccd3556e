import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Schemas } from "../../api/client";
import { messageOf } from "../../api/problem";
import { useAppearance } from "../../design/appearance";
import { Button } from "../../design/Button";
import { useKeys } from "../../design/keys";
import { EmptyState, ErrorState, Loading, Notice } from "../../design/Page";
import { fragmentOf, type LineRange, rangeOf } from "./fragment";
import { LogFoot, LogTools } from "./LogTools";
import { groupStarts, nextOf } from "./lines";
import styles from "./log.module.css";
import { Queued } from "./Queued";
import { serverLog } from "./source";
import { LogStore } from "./store";
import { useLanding, usePane } from "./use-pane";
import { countText, useSearch } from "./use-search";
import { useTimes } from "./use-times";

type Props = {
  attempt: Schemas["AttemptView"];
  title: ReactNode;
  /** The text that is searched, as the address has it. */
  q: string;
  onSearch: (q: string) => void;
  /** Whether each line shows its time, as the address has it. */
  withTimes: boolean;
  onTimes: (shown: boolean) => void;
};

/** The log of one attempt: lines, search, jumps, links to lines. */
export function LogPanel(props: Props) {
  const { attempt } = props;
  const fragment = useRouterState({ select: (state) => state.location.hash });
  const selection = useMemo(() => rangeOf(fragment) ?? null, [fragment]);
  const store = useLog(attempt.id, selection?.first ?? 0);
  const failure = useSyncExternalStore(store.subscribe, () => (store.state.phase === "failed" ? store.state.error : undefined));
  if (failure !== undefined) return <ErrorState error={failure} />;
  return <Viewer key={attempt.id} {...props} store={store} selection={selection} />;
}

type ViewerProps = Props & { store: LogStore; selection: LineRange | null };

function Viewer({ attempt, title, q, onSearch, withTimes, onTimes, store, selection }: ViewerProps) {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const navigate = useNavigate();
  const { shortcuts } = useAppearance();
  const [wrap, setWrap] = useState(false);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [following, setFollowing] = useState(false);
  const [unseen, setUnseen] = useState(0);
  const [hit, setHit] = useState<number | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const { hits, searching } = useSearch(store, q, state.total, state.phase);
  const times = useTimes(store, attempt, withTimes, state);

  const select = useCallback(
    (range: LineRange) =>
      void navigate({
        to: ".",
        search: (before) => before,
        hash: fragmentOf(range),
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      }),
    [navigate],
  );
  const pane = usePane(store, {
    onSelect: (line, extend) =>
      select(
        extend && selection !== null
          ? { first: Math.min(selection.first, line), last: Math.max(selection.last, line) }
          : { first: line, last: line },
      ),
    onFold: (fold) => setFolded((before) => toggled(before, fold.first)),
    onFollow: setFollowing,
    onUnseen: setUnseen,
  });
  const hasNeedle = hits !== null && q !== "";
  useEffect(() => {
    pane.current?.show({
      wrap,
      times,
      folded,
      selection,
      needle: hasNeedle ? (hits.exact ? q : q.toLowerCase()) : "",
      ignoreCase: !(hits?.exact ?? false),
      hits: hits?.lines ?? [],
      hit,
    });
  }, [pane, wrap, times, folded, selection, hasNeedle, hits, q, hit]);
  useEffect(() => store.subscribe(() => pane.current?.grown()), [store, pane]);
  useLanding({ pane, store, attempt, selection });

  // A link into a folded step opens it.
  const open = useCallback(
    (line: number) => {
      const fold = store.folds.find((each) => each.first < line && each.last >= line);
      if (fold !== undefined) setFolded((before) => (before.has(fold.first) ? toggled(before, fold.first) : before));
      requestAnimationFrame(() => pane.current?.toLine(line));
    },
    [store, pane],
  );
  const goToHit = (step: 1 | -1) => {
    const next = nextOf(hits?.lines ?? [], hit ?? (pane.current?.firstInSight ?? 0) - 1, step);
    if (next === undefined) return;
    setHit(next);
    open(next);
  };
  const goToError = (step: 1 | -1) => {
    const from = selection?.first ?? (step === 1 ? -1 : state.total);
    const next = nextOf(groupStarts(store.errors), from, step);
    if (next === undefined) return;
    select({ first: next, last: next });
    open(next);
  };
  const copyLink = async () => {
    const range = selection ?? { first: pane.current?.firstInSight ?? 0, last: pane.current?.firstInSight ?? 0 };
    if (selection === null) select(range);
    const address = new URL(location.href);
    address.hash = fragmentOf(range);
    await navigator.clipboard?.writeText(address.href).catch(() => {});
    setCopied(true);
  };
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const allFolded = store.folds.length > 0 && store.folds.every((fold) => folded.has(fold.first));
  const foldAll = () => setFolded(allFolded ? new Set() : new Set(store.folds.map((fold) => fold.first)));
  const running = !state.complete && attempt.state !== "ended";

  const acts: Record<string, [does: string, act: () => void]> = {
    "/": ["search the log", () => searchBox.current?.focus()],
    e: ["next error", () => goToError(1)],
    E: ["error before", () => goToError(-1)],
    n: ["next hit, or error", () => (hasNeedle ? goToHit(1) : goToError(1))],
    p: ["hit before, or error", () => (hasNeedle ? goToHit(-1) : goToError(-1))],
    f: ["follow the end", () => running && pane.current?.setFollowing(!following)],
    w: ["wrap long lines", () => setWrap(!wrap)],
    t: ["show or hide the time of each line", () => onTimes(!withTimes)],
    o: ["fold or unfold all steps", foldAll],
    y: ["copy a link to the selected lines", () => void copyLink()],
    G: ["go to the end", () => pane.current?.toEnd()],
  };
  useKeys(Object.entries(acts).map(([keys, [does, act]]) => ({ keys, does, group: "Log", act })));
  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "f") {
      event.preventDefault();
      searchBox.current?.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement || !shortcuts) return;
    // Within the panel its keys go before those of the page, whichever was there first.
    const act = acts[event.key]?.[1];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const moveSelection = (event: KeyboardEvent) => {
    const by = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
    if (by === 0 || !shortcuts || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const line = Math.min(state.total - 1, Math.max(0, (selection?.first ?? (pane.current?.firstInSight ?? 0) - by) + by));
    select({ first: line, last: line });
    open(line);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: single keys work anywhere in the log's panel; each has a button beside it
    <div className={styles.panel} onKeyDown={onKeyDown}>
      <LogTools
        attempt={attempt.id}
        title={title}
        searchBox={searchBox}
        q={q}
        count={q === "" ? "" : searching ? "…" : hits === null ? "" : countText(hits, hit)}
        hasErrors={store.errors.length > 0}
        folds={store.folds.length === 0 ? undefined : { all: allFolded, onToggle: foldAll }}
        wrap={{ on: wrap, onChange: setWrap }}
        times={{ on: withTimes, onChange: onTimes }}
        follow={running ? { on: following, onChange: (on) => pane.current?.setFollowing(on) } : undefined}
        copied={copied}
        onSearch={(text) => {
          setHit(null);
          onSearch(text);
        }}
        onHit={goToHit}
        onError={() => goToError(1)}
        onCopy={() => void copyLink()}
      />
      {state.error !== undefined && <Notice tone="bad">The log is not up to date: {messageOf(state.error)}</Notice>}
      {state.lost_bytes > 0 && (
        <Notice tone="wait">Its runner lost {state.lost_bytes.toLocaleString("en")} bytes of this log before they could be stored.</Notice>
      )}
      <div className={styles.frame}>
        <div
          ref={pane.scroller}
          className={styles.scroller}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
          tabIndex={0}
          role="region"
          aria-label={`Log lines, ${state.total.toLocaleString("en")} in all`}
          onKeyDown={moveSelection}
        >
          <div ref={pane.pad} className={styles.pad} />
        </div>
        <div className={styles.map} aria-hidden="true">
          <canvas ref={pane.map} />
        </div>
        {state.phase === "loading" && <Loading rows={8} label="Loading the log" />}
        {state.phase !== "loading" && state.total === 0 && <Empty attempt={attempt} running={running} />}
        {running && !following && state.total > 0 && (
          <span className={styles.jump}>
            <Button look="primary" small onClick={() => pane.current?.setFollowing(true)}>
              Jump to end{unseen > 0 ? ` (${unseen.toLocaleString("en")} new)` : ""}
            </Button>
          </span>
        )}
      </div>
      <LogFoot state={state} attempt={attempt} running={running} />
    </div>
  );
}

function Empty({ attempt, running }: { attempt: Schemas["AttemptView"]; running: boolean }) {
  if (attempt.state === "queued") return <Queued attempt={attempt.id} />;
  return <EmptyState title={running ? "Nothing has been written yet" : "This log is empty"} glyph="list" />;
}

/** The log of an attempt, read as long as somebody looks at it. */
function useLog(attempt: string, around: number): LogStore {
  const first = useRef(around);
  const store = useMemo(() => new LogStore(serverLog(attempt)), [attempt]);
  useEffect(() => {
    void store.start(first.current);
    return () => store.stop();
  }, [store]);
  return store;
}

function toggled(set: ReadonlySet<number>, value: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
