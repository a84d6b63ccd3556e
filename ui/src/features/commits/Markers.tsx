import { memo } from "react";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import styles from "./Commits.module.css";
import { gateLabel, glyphOf, heldText, markerBox, shortText, toneOf } from "./gate";
import type { GateAt, Layout } from "./layout";
import type { Scale } from "./shapes";

/** The gates where something waits, as buttons on the step that they hold back. They come after the list in the order of the page. */
export const Markers = memo(function Markers({
  layout,
  scale,
  open,
  onOpen,
}: {
  layout: Layout;
  scale: Scale;
  open: string | undefined;
  onOpen: (place: string) => void;
}) {
  return (
    <div className={styles.markers} role="group" aria-label="Gates where commits wait">
      {layout.gates.map((at) => (
        <Marker key={at.key} at={at} scale={scale} hasRoom={layout.hasRoomForGates} isOpen={open === at.place} onOpen={onOpen} />
      ))}
    </div>
  );
});

function Marker({
  at,
  scale,
  hasRoom,
  isOpen,
  onOpen,
}: {
  at: GateAt;
  scale: Scale;
  hasRoom: boolean;
  isOpen: boolean;
  onOpen: (place: string) => void;
}) {
  const now = useNow();
  const box = markerBox(at, scale, hasRoom);
  if (box === undefined) return null;
  const { gate } = at;
  const label = gateLabel(at, now);
  return (
    <button
      type="button"
      className={`${styles.marker} ${styles[`marker-${toneOf(gate)}`]} ${box.isCompact ? styles.compact : ""}`}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
      aria-expanded={isOpen}
      title={label}
      onClick={() => onOpen(at.place)}
    >
      <span className="visually-hidden">{label}</span>
      <Glyph name={glyphOf(gate)} size={box.isCompact ? 9 : 13} />
      {!box.isCompact && (
        <>
          <b className="num" aria-hidden="true">
            {shortText(gate, now)}
          </b>
          {gate.held > 0 && (
            <span className="num" aria-hidden="true">
              {heldText(gate.held)}
            </span>
          )}
        </>
      )}
      {gate.canAct && <i className={styles.mine} />}
    </button>
  );
}
