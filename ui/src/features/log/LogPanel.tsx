import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Schemas } from "../../api/client";
import { messageOf } from "../../api/problem";
import { useAppearance } from "../../design/appearance";
import { Button, buttonClass } from "../../design/Button";
import { useKeys } from "../../design/keys";
import { EmptyState, ErrorState, Loading, Notice } from "../../design/Page";
import { size } from "../../design/size";
import { duration } from "../../design/time";
import { fragmentOf, type LineRange, rangeOf } from "./fragment";
import { firstFailingLine, groupStarts, nextOf } from "./lines";
import styles from "./log.module.css";
import { Pane } from "./pane";
import { rawAddress, serverLog } from "./source";
import { type Hits, LogStore } from "./store";

type Props = {
  attempt: Schemas["AttemptView"];
  title: ReactNode;
  /** The text that is searched, as the address has it. */
  q: string;
  onSearch: (q: string) => void;
};

/** The log of one attempt: lines, search, jumps, links to lines. */
export function LogPanel({ attempt, title, q, onSearch }: Props) {
  const fragment = useRouterState({ select: (state) => state.location.hash });
  const selection = useMemo(() => rangeOf(fragment) ?? null, [fragment]);
  const { store, state } = useLog(attempt.id, selection?.first ?? 0);
  if (state.phase === "failed") return <ErrorState error={state.error} />;
  return <Viewer key={attempt.id} attempt={attempt} title={title} q={q} onSearch={onSearch} store={store} selection={selection} />;
}

function Viewer({ attempt, title, q, onSearch, store, selection }: Props & { store: LogStore; selection: LineRange | null }) {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  const navigate = useNavigate();
  const { shortcuts } = useAppearance();
  const [wrap, setWrap] = useState(false);
  const [withTimes, setWithTimes] = useState(false);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [following, setFollowing] = useState(false);
  const [unseen, setUnseen] = useState(0);
  const [hit, setHit] = useState<number | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const { hits, searching } = useSearch(store, q, state.total, state.phase);
  const times = useTimes(store, attempt, withTimes, state.total);

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
  useEffect(() => setHit(null), []);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: single keys work anywhere in the log's panel; each has a button beside it
    <div className={styles.panel} onKeyDown={onKeyDown}>
      <div className={styles.tools}>
        {title}
        <span className="grow" />
        <div className={styles.search}>
          <input
            ref={searchBox}
            type="search"
            aria-label="Search this log"
            placeholder="Search"
            defaultValue={q}
            onChange={(event) => {
              setHit(null);
              onSearch(event.target.value);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") {
                event.preventDefault();
                goToHit(event.shiftKey ? -1 : 1);
              }
            }}
          />
          <span className={`num ${styles.count}`} role="status">
            {q === "" ? "" : searching ? "…" : hits !== null && countText(hits, hit)}
          </span>
        </div>
        <Button look="soft" small onClick={() => goToError(1)} disabled={store.errors.length === 0}>
          Next error
        </Button>
        {store.folds.length > 0 && (
          <Button look="soft" small onClick={foldAll}>
            {allFolded ? "Unfold" : "Fold"} steps
          </Button>
        )}
        <Toggle on={wrap} onChange={setWrap}>
          Wrap
        </Toggle>
        <Toggle on={withTimes} onChange={setWithTimes}>
          Time
        </Toggle>
        {running && (
          <Toggle on={following} onChange={(on) => pane.current?.setFollowing(on)}>
            Follow
          </Toggle>
        )}
        <a className={buttonClass("soft", true)} href={rawAddress(attempt.id)} target="_blank" rel="noreferrer">
          Raw
        </a>
        <Button look="soft" small onClick={() => void copyLink()}>
          {copied ? "Copied" : "Copy link"}
        </Button>
      </div>
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
        {state.phase !== "loading" && state.total === 0 && (
          <EmptyState title={running ? "Nothing has been written yet" : "This log is empty"} glyph="list" />
        )}
        {running && !following && state.total > 0 && (
          <span className={styles.jump}>
            <Button look="primary" small onClick={() => pane.current?.setFollowing(true)}>
              Jump to end{unseen > 0 ? ` (${unseen.toLocaleString("en")} new)` : ""}
            </Button>
          </span>
        )}
      </div>
      <div className={`num ${styles.foot}`}>
        <span>
          {state.total.toLocaleString("en")} lines
          {attempt.log_bytes > 0 && ` · ${size(attempt.log_bytes)}`}
        </span>
        {state.phase === "paged" && <span>too long to hold here: search and errors ask the server, letter by letter</span>}
        {running && <span className="c-run">live</span>}
        <span className="grow" />
        <span className={styles.keys}>
          <span>
            <kbd>/</kbd> search
          </span>
          <span>
            <kbd>e</kbd> next error
          </span>
          <span>
            <kbd>o</kbd> fold
          </span>
          <span>
            <kbd>w</kbd> wrap
          </span>
          <span>
            <kbd>y</kbd> copy link
          </span>
        </span>
      </div>
    </div>
  );
}

function Toggle({ on, onChange, children }: { on: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <button
      type="button"
      className={`${buttonClass("soft", true)} ${on ? styles.pressed : ""}`}
      aria-pressed={on}
      onClick={() => onChange(!on)}
    >
      {children}
    </button>
  );
}

/** The log of an attempt, read as long as somebody looks at it. */
function useLog(attempt: string, around: number) {
  const first = useRef(around);
  const [store, setStore] = useState(() => new LogStore(serverLog(attempt)));
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  useEffect(() => {
    const fresh = new LogStore(serverLog(attempt));
    setStore(fresh);
    void fresh.start(first.current);
    return () => fresh.stop();
  }, [attempt]);
  return { store, state };
}

function usePane(store: LogStore, events: ConstructorParameters<typeof Pane>[4]) {
  const current = useRef<Pane | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const pad = useRef<HTMLDivElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const newest = useRef(events);
  newest.current = events;
  useEffect(() => {
    if (scroller.current === null || pad.current === null || map.current === null) return;
    const pane = new Pane(scroller.current, pad.current, map.current, store, {
      onSelect: (...args) => newest.current.onSelect(...args),
      onFold: (...args) => newest.current.onFold(...args),
      onFollow: (...args) => newest.current.onFollow(...args),
      onUnseen: (...args) => newest.current.onUnseen(...args),
    });
    current.current = pane;
    pane.grown();
    return () => {
      current.current = null;
      pane.destroy();
    };
  }, [store]);
  return useMemo(
    () => ({
      get current() {
        return current.current;
      },
      scroller,
      pad,
      map,
    }),
    [],
  );
}

/** Where a reader lands: at the lines of the address, at the end of a log that grows, or where it failed. */
function useLanding({
  pane,
  store,
  attempt,
  selection,
}: {
  pane: { readonly current: Pane | null };
  store: LogStore;
  attempt: Schemas["AttemptView"];
  selection: LineRange | null;
}) {
  const landed = useRef<LogStore | null>(null);
  const { phase, complete } = useSyncExternalStore(store.subscribe, store.snapshot);
  useEffect(() => {
    if (phase === "loading" || phase === "failed" || landed.current === store) return;
    if (selection !== null) {
      landed.current = store;
      pane.current?.toLine(selection.first);
    } else if (!complete && attempt.state !== "ended") {
      landed.current = store;
      pane.current?.setFollowing(true);
    } else if (phase === "whole") {
      landed.current = store;
      const line = attempt.outcome?.kind === "succeeded" ? undefined : firstFailingLine(store.line, store.state.total);
      if (line !== undefined) pane.current?.toLine(line);
    }
  }, [phase, complete, pane, store, attempt, selection]);
  const first = selection?.first;
  useEffect(() => {
    if (first !== undefined && landed.current === store) pane.current?.toLine(first);
  }, [first, pane, store]);
}

function useSearch(store: LogStore, q: string, total: number, phase: string): { hits: Hits | null; searching: boolean } {
  const [hits, setHits] = useState<{ q: string; hits: Hits } | null>(null);
  // A log that grows is searched again, but not for every line.
  const every = phase === "whole" ? total : Math.floor(total / 5_000);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `every` and `phase` say when there is more to search in
  useEffect(() => {
    if (q === "" || phase === "loading") return;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const found = await store.search(q, controller.signal);
        if (!controller.signal.aborted) setHits({ q, hits: found });
      } catch {
        if (!controller.signal.aborted) setHits(null);
      }
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [store, q, every, phase]);
  return { hits: q !== "" && hits?.q === q ? hits.hits : null, searching: q !== "" && hits?.q !== q };
}

/** The time since the attempt began, where steps begin and end. */
function useTimes(store: LogStore, attempt: Schemas["AttemptView"], shown: boolean, total: number): ReadonlyMap<number, string> | null {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the steps' places are known anew when there are more lines
  return useMemo(() => {
    if (!shown) return null;
    const times = new Map<number, string>();
    store.folds.forEach((fold, index) => {
      const step = attempt.steps.find((each) => each.index === index);
      if (step === undefined) return;
      times.set(fold.first, seconds(step.started_after_ms));
      if (step.took_ms != null) times.set(fold.last, seconds(step.started_after_ms + step.took_ms));
    });
    return times;
  }, [store, attempt.steps, shown, total]);
}

function seconds(ms: number): string {
  return ms < 600_000 ? `${(ms / 1_000).toFixed(2)}s` : duration(ms);
}

function countText(hits: Hits, hit: number | null): string {
  if (hits.total === 0) return "no lines";
  const at = hit === null ? -1 : hits.lines.indexOf(hit);
  const total = hits.total.toLocaleString("en");
  return at < 0 ? `${total} ${hits.total === 1 ? "line" : "lines"}` : `${(at + 1).toLocaleString("en")} of ${total}`;
}

function toggled(set: ReadonlySet<number>, value: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
