import { useCallback, useMemo, useRef, useState } from "react";
import type { Progress } from "../../api/progress";
import { useMe } from "../../app/access";
import { useAppearance } from "../../design/appearance";
import { useKeys } from "../../design/keys";
import { Notice } from "../../design/Page";
import type { Move } from "./CommitList";
import styles from "./Commits.module.css";
import { ComparePanel, UNCHOSEN } from "./ComparePanel";
import { type Cell, FrontView } from "./Front";
import { FrontTable } from "./FrontTable";
import { GatePanel } from "./GatePanel";
import { Legend } from "./Legend";
import { type Density, layoutOf } from "./layout";
import { type Model, modelOf, sameScale } from "./model";
import { problemsOf, step } from "./problems";
import { rangeOf } from "./range";
import { findChange, foldOf } from "./rows";
import { Summary } from "./Summary";
import type { Scale } from "./shapes";
import { shownRows } from "./shown";
import { gatesStanding } from "./summary";
import { Toolbar } from "./Toolbar";
import { useAnnouncement } from "./use-announcement";
import { useWidth } from "./use-width";
import { type Change as Choice, densityOf, levelOf, limitOf, MOST, PAGE, type ViewState } from "./view-state";
import { WherePanel } from "./WherePanel";

const LIST_LEAST_PX = 330;
const LIST_DENSE_PX = 300;
const LIST_MOST_PX = 560;
const LIST_NARROW_PX = 250;
const NARROW_PX = 720;
const EDGE_PX = 18;
/** As in the style sheets: the panel beside the picture, and below which width of the page it lies over it. */
const PANEL_PX = 316;
const DRAWER_UNTIL_PX = 1_048;
const DRAWER_PX = 340;

/** Everything of the page once there is data. What the reader chose is in `state`, which stands in the address. */
export function CommitsView({
  pipeline,
  data,
  state,
  isLoadingMore,
  onChoose,
}: {
  pipeline: string;
  data: Progress;
  state: ViewState;
  isLoadingMore: boolean;
  onChoose: (change: Choice) => void;
}) {
  const appearance = useAppearance();
  const density = densityOf(state, appearance.density);
  const me = useMe();
  const { changes, stages } = data;
  const change = findChange(changes, state.commit);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const open = useMemo(() => {
    const own = change === undefined ? undefined : foldOf(changes, change);
    return own === undefined ? unfolded : new Set([...unfolded, own]);
  }, [changes, change, unfolded]);
  const model = useStableScale(useMemo(() => modelOf({ changes, stages }, open, density), [changes, stages, open, density]));
  const { rows, index } = model;

  const main = useRef<HTMLDivElement>(null);
  const whole = useWidth(main, 1_388);
  const standing = gatesStanding(stages).find((each) => each.place === state.gate);
  const hasPanel = change !== undefined || standing !== undefined || state.from !== undefined || state.to !== undefined;
  const width = hasPanel && whole > DRAWER_UNTIL_PX ? whole - PANEL_PX : whole;
  const list_px = listLeast(width, density);
  // The level is chosen for the whole width: opening a panel does not change what is drawn.
  const level = useMemo(
    () => levelOf(state) ?? layoutOf(stages, undefined, density, freeOf(whole, listLeast(whole, density))).level,
    [state, stages, density, whole],
  );
  const layout = useMemo(() => layoutOf(stages, level, density, freeOf(width, list_px)), [stages, level, density, width, list_px]);
  // A short path leaves room: then titles have it.
  const listWidth = Math.max(list_px, Math.min(LIST_MOST_PX, width - EDGE_PX - layout.width));
  const shown = useMemo(() => shownRows(rows, stages, state, me?.name), [rows, stages, state, me?.name]);
  const [byKeyboard, setByKeyboard] = useState(false);
  const selected = change === undefined ? undefined : index.rowOf(change.n);
  const search = useRef<HTMLInputElement>(null);
  const range = useMemo(() => rangeOf(stages, index, state.from, state.to), [stages, index, state.from, state.to]);
  const news = useAnnouncement(stages, changes);

  const select = useCallback(
    (row: number) => {
      const chosen = rows[row];
      if (chosen === undefined) return;
      if (chosen.folded) setUnfolded((now) => new Set([...now, chosen.key]));
      else onChoose({ commit: chosen.changes[0].sha.slice(0, 7), at: undefined });
    },
    [rows, onChoose],
  );
  const selectByPointer = useCallback(
    (row: number) => {
      setByKeyboard(false);
      select(row);
    },
    [select],
  );
  const stepRow = useCallback(
    (direction: 1 | -1) => {
      let row = selected === undefined ? (direction === 1 ? 0 : rows.length - 1) : selected + direction;
      while (shown !== undefined && row >= 0 && row < rows.length && !shown.has(row)) row += direction;
      if (row >= 0 && row < rows.length) select(row);
    },
    [rows, selected, shown, select],
  );
  const move = useCallback(
    (to: Move) => {
      if (to === "up" || to === "down") return stepRow(to === "down" ? 1 : -1);
      if (to === "first" || to === "last") return select(to === "first" ? 0 : rows.length - 1);
      const columns = layout.columns;
      const at = columns.findIndex((column) => column.key === state.at);
      const next = columns[at < 0 ? (to === "right" ? 0 : columns.length - 1) : at + (to === "right" ? 1 : -1)];
      if (next !== undefined) onChoose({ at: next.key, commit: state.commit ?? changes[0]?.sha.slice(0, 7) });
    },
    [stepRow, select, rows.length, layout.columns, state.at, state.commit, changes, onChoose],
  );
  const pin = useCallback(
    (cell: Cell | undefined) => {
      if (cell === undefined) return onChoose({ at: undefined });
      const row = rows[cell.row];
      if (row !== undefined && !row.folded) onChoose({ commit: row.changes[0].sha.slice(0, 7), at: cell.column });
    },
    [rows, onChoose],
  );
  const openGate = useCallback((place: string) => onChoose({ gate: state.gate === place ? undefined : place }), [state.gate, onChoose]);
  const mark = useCallback(
    (place: string, withShift: boolean) => {
      if (!withShift && state.from === undefined) return;
      if (state.from === undefined || state.from === UNCHOSEN || state.from === place) onChoose({ from: place });
      else onChoose({ from: state.from, to: place });
    },
    [state.from, onChoose],
  );
  const goTo = (direction: 1 | -1) => {
    const next = step(problemsOf(layout, index), { gate: state.gate, column: state.at }, direction);
    if (next?.kind === "gate") onChoose({ gate: next.place });
    else if (next !== undefined) onChoose({ commit: rows[next.row]?.changes[0].sha.slice(0, 7), at: next.key });
  };
  const close = useCallback(
    () => onChoose({ commit: undefined, at: undefined, gate: undefined, from: undefined, to: undefined }),
    [onChoose],
  );
  const openCommit = useCallback((sha: string) => onChoose({ commit: sha.slice(0, 7), at: undefined, view: undefined }), [onChoose]);

  useKeys([
    { keys: "j", does: "next commit", group: "Commits", act: () => stepRow(1) },
    { keys: "k", does: "previous commit", group: "Commits", act: () => stepRow(-1) },
    { keys: "n", does: "next gate or target with a problem", group: "Commits", act: () => goTo(1) },
    { keys: "p", does: "previous gate or target with a problem", group: "Commits", act: () => goTo(-1) },
    { keys: "m", does: "my commits", group: "Commits", act: () => onChoose({ only: state.only === "mine" ? undefined : "mine" }) },
    {
      keys: "t",
      does: "table instead of the picture",
      group: "Commits",
      act: () => onChoose({ view: state.view === "table" ? undefined : "table" }),
    },
    { keys: "/", does: "find a commit", group: "Commits", act: () => search.current?.focus() },
    {
      keys: "Escape",
      does: "close the card, then the panel",
      group: "Commits",
      act: () => (state.at === undefined ? close() : onChoose({ at: undefined })),
    },
  ]);

  const limit = limitOf(state, changes.length);
  return (
    <>
      <Summary model={model} onCommit={openCommit} onGate={(place) => onChoose({ gate: place })} />
      <Toolbar
        state={state}
        level={layout.level}
        density={density}
        changes={changes}
        targets={model.targets}
        found={shown === undefined ? undefined : countOf(model, shown)}
        search={search}
        onChoose={onChoose}
        onFind={stepRow}
      />
      {state.commit !== undefined && change === undefined && (
        <Notice tone="idle">
          {state.commit} is not among the newest {changes.length} commits of this pipeline.
        </Notice>
      )}
      <div ref={main} className={`${styles.main} ${hasPanel ? styles.withPanel : ""}`}>
        <div className={styles.frame}>
          {state.view === "table" ? (
            <FrontTable model={model} onCommit={openCommit} onGate={openGate} />
          ) : (
            <FrontView
              pipeline={pipeline}
              model={model}
              layout={layout}
              listWidth={listWidth}
              cardRoom={hasPanel && whole <= DRAWER_UNTIL_PX ? whole - DRAWER_PX - listWidth : width - listWidth}
              selected={selected}
              pinned={state.at}
              shown={shown}
              range={range}
              gate={state.gate}
              marked={[state.from, state.to].filter((place) => place !== undefined)}
              more={{
                text: changes.length < limit ? "These are all commits." : limit >= MOST ? `The newest ${MOST} are shown.` : "",
                onMore: changes.length < limit || limit >= MOST ? undefined : () => onChoose({ limit: limit + PAGE }),
                isLoading: isLoadingMore,
              }}
              onRow={selectByPointer}
              onPin={pin}
              onGate={openGate}
              onMark={mark}
              onMove={move}
              onOpen={() => setByKeyboard(true)}
            />
          )}
        </div>
        {state.from !== undefined || state.to !== undefined ? (
          <ComparePanel
            pipeline={pipeline}
            stages={stages}
            from={state.from}
            to={state.to}
            onChoose={(from, to) => onChoose({ from: from ?? UNCHOSEN, to })}
            onCommit={openCommit}
            onClose={close}
          />
        ) : standing !== undefined ? (
          <GatePanel
            key={standing.key}
            pipeline={pipeline}
            standing={standing}
            stages={stages}
            changes={changes}
            onCommit={openCommit}
            onClose={close}
          />
        ) : (
          change !== undefined && (
            <WherePanel
              pipeline={pipeline}
              change={change}
              changes={changes}
              stages={stages}
              takesFocus={byKeyboard}
              onRelease={(number) => {
                const other = changes.find((each) => each.release === number);
                if (other !== undefined) openCommit(other.sha);
              }}
              onClose={close}
            />
          )
        )}
      </div>
      {state.view !== "table" && <Legend />}
      <div className="visually-hidden" aria-live="polite">
        {news}
      </div>
    </>
  );
}

function listLeast(width: number, density: Density): number {
  if (width < NARROW_PX) return LIST_NARROW_PX;
  const [least, share] = density === "dense" ? [LIST_DENSE_PX, 0.22] : [LIST_LEAST_PX, 0.26];
  return Math.min(LIST_MOST_PX, Math.max(least, Math.round(width * share)));
}

function freeOf(width: number, list_px: number): number {
  return Math.max(120, width - list_px - EDGE_PX);
}

function countOf(model: Model, shown: ReadonlySet<number>): number {
  return [...shown].reduce((sum, row) => sum + (model.rows[row]?.changes.length ?? 0), 0);
}

/** Hands out the scale of before while nothing of it has changed: columns compare it by identity. */
function useStableScale(model: Model): Model {
  const kept = useRef<Scale>(model.scale);
  return useMemo(() => {
    if (!sameScale(kept.current, model.scale)) kept.current = model.scale;
    return { ...model, scale: kept.current, index: kept.current.index };
  }, [model]);
}
