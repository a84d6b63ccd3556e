import { memo, type PointerEvent, useCallback, useMemo, useRef, useState } from "react";
import { Button } from "../../design/Button";
import { CommitList, type Move } from "./CommitList";
import styles from "./Commits.module.css";
import { Headings } from "./Headings";
import { HoverCard } from "./HoverCard";
import { type Column, columnAt, type Layout } from "./layout";
import { Markers } from "./Markers";
import type { Model } from "./model";
import { Picture } from "./Picture";

export type Cell = { column: string | undefined; row: number };

/** The list of commits and, beside it, how far each of them has come. */
export const FrontView = memo(function FrontView({
  pipeline,
  model,
  layout,
  listWidth,
  cardRoom,
  selected,
  pinned,
  shown,
  range,
  gate,
  marked,
  more,
  onRow,
  onPin,
  onGate,
  onMark,
  onMove,
  onOpen,
}: {
  pipeline: string;
  model: Model;
  layout: Layout;
  listWidth: number;
  /** How much of the picture a card may use. */
  cardRoom: number;
  selected: number | undefined;
  /** The column whose card stays open. */
  pinned: string | undefined;
  shown: ReadonlySet<number> | undefined;
  range: { from: number; to: number } | undefined;
  gate: string | undefined;
  marked: readonly string[];
  more: { text: string; onMore: (() => void) | undefined; isLoading: boolean };
  onRow: (row: number) => void;
  onPin: (cell: Cell | undefined) => void;
  onGate: (place: string) => void;
  onMark: (place: string, withShift: boolean) => void;
  onMove: (move: Move) => void;
  onOpen: () => void;
}) {
  const { scale } = model;
  const isDense = scale.row_px < 18;
  const head_px = layout.hasLabels ? 104 : 62;
  const [hover, setHover] = useState<Cell | undefined>();
  const picture = useRef<HTMLDivElement>(null);
  const cellAt = useCallback(
    (event: { clientX: number; clientY: number }): Cell | undefined => {
      const box = picture.current?.getBoundingClientRect();
      if (box === undefined) return undefined;
      const row = scale.rowAt(event.clientY - box.top);
      return row === undefined ? undefined : { row, column: columnAt(layout, event.clientX - box.left)?.key };
    },
    [layout, scale],
  );
  const onPointerMove = (event: PointerEvent) => {
    const isOverControl = event.target instanceof Element && event.target.closest("button, section") !== null;
    const next = isOverControl ? undefined : cellAt(event);
    setHover((now) => (now?.row === next?.row && now?.column === next?.column ? now : next));
  };
  const byKey = useMemo(() => new Map(layout.columns.map((column) => [column.key, column])), [layout]);
  const pinnedColumn = pinned === undefined ? undefined : byKey.get(pinned);
  const hovered = hover?.column === undefined ? undefined : byKey.get(hover.column);
  const cross = hover ?? (pinnedColumn !== undefined && selected !== undefined ? { column: pinnedColumn.key, row: selected } : undefined);
  const crossColumn = cross?.column === undefined ? undefined : byKey.get(cross.column);
  return (
    <div className={`${styles.flow} ${isDense ? styles.dense : ""}`}>
      <div className={styles.top} style={{ width: listWidth + layout.width + 16 }}>
        <div className={styles.listHead} style={{ width: listWidth, height: head_px }}>
          <span>Commit, newest first</span>
          <span className="grow" />
          <span className={styles.age}>Age</span>
          <span className={styles.reach}>Targets</span>
        </div>
        <Headings layout={layout} height={head_px} marked={marked} onMark={onMark} />
      </div>
      <div className={styles.body} style={{ width: listWidth + layout.width + 16 }}>
        <CommitList model={model} width={listWidth} selected={selected} shown={shown} onSelect={onRow} onMove={onMove} onOpen={onOpen} />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a pointer's shortcut; arrows and Enter in the list do the same */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
        <div
          ref={picture}
          className={styles.picture}
          style={{ width: layout.width, height: scale.height }}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setHover(undefined)}
          onClick={(event) => {
            if (event.target instanceof Element && event.target.closest("button, section, a") !== null) return;
            onPin(cellAt(event));
          }}
        >
          <Picture layout={layout} scale={scale} selected={selected} range={range} />
          {cross !== undefined && <Crosshair cross={cross} column={crossColumn} model={model} isRowMarked={cross.row === selected} />}
          <Markers layout={layout} scale={scale} open={gate} onOpen={onGate} />
          {pinnedColumn !== undefined && selected !== undefined ? (
            <HoverCard
              pipeline={pipeline}
              model={model}
              column={pinnedColumn}
              row={selected}
              width={cardRoom}
              isPinned
              onClose={() => onPin(undefined)}
            />
          ) : (
            hovered !== undefined &&
            hover !== undefined && (
              <HoverCard
                pipeline={pipeline}
                model={model}
                column={hovered}
                row={hover.row}
                width={cardRoom}
                isPinned={false}
                onClose={nothing}
              />
            )
          )}
        </div>
      </div>
      <div className={styles.more} style={{ width: listWidth }}>
        {more.onMore !== undefined && (
          <Button look="soft" small sending={more.isLoading} onClick={more.onMore}>
            Show older commits
          </Button>
        )}
        <span className="c-3">{more.text}</span>
      </div>
    </div>
  );
});

function Crosshair({
  cross,
  column,
  model,
  isRowMarked,
}: {
  cross: Cell;
  column: Column | undefined;
  model: Model;
  /** The row is selected, and shows that by itself. */
  isRowMarked: boolean;
}) {
  const { scale } = model;
  return (
    <>
      {column !== undefined && (
        <div className={styles.cross} style={{ left: column.x - 1, width: Math.max(column.width + 2, 5), top: 0, height: scale.height }} />
      )}
      {!isRowMarked && <div className={styles.cross} style={{ left: 0, right: 0, top: scale.y(cross.row), height: scale.row_px }} />}
    </>
  );
}

function nothing(): void {}
