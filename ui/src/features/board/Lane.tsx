import { Fragment, useState } from "react";
import { useMay } from "../../app/access";
import { Button } from "../../design/Button";
import { Glyph } from "../../design/glyphs";
import { Chip } from "../../design/Status";
import { openRollback } from "../actions/open";
import styles from "./Board.module.css";
import { Connector } from "./Connector";
import { useBoard } from "./context";
import type { Lane as LaneOf } from "./layout";
import { WaveCard } from "./WaveCard";

/** One line of the board: waves and, between them, what has to happen before a release goes on. */
export function Lane({ lane }: { lane: LaneOf }) {
  const [open, setOpen] = useState(false);
  const folded = lane.isFolded && !open;
  const { pipeline } = useBoard();
  const mayRollback = useMay("rollback");
  return (
    <section className={styles.lane} aria-label={lane.name ?? "Stages"}>
      {lane.name === undefined && <h2 className="visually-hidden">Stages</h2>}
      {lane.name !== undefined && (
        <h2 className={styles.laneName}>
          {lane.name} <span>{lane.summary}</span>
          {mayRollback && lane.cards.some(({ wave }) => wave.targets.some((target) => target.live != null)) && (
            <>
              <b className="grow" />
              <Button small onClick={() => openRollback({ pipeline, place: { kind: "stage", stage: lane.name ?? "" } })}>
                Roll back all of {lane.name}…
              </Button>
            </>
          )}
          {lane.isFolded && (
            <>
              {folded && <Chip look={{ glyph: "ok", tone: "ok" }}>all live</Chip>}
              <Button look="quiet" small aria-expanded={!folded} onClick={() => setOpen(!open)}>
                {folded ? "Show" : "Fold"}
                <Glyph name="down" size={12} />
              </Button>
            </>
          )}
        </h2>
      )}
      {!folded && (
        <div
          className={styles.track}
          tabIndex={lane.name === undefined ? undefined : 0}
          role="group"
          aria-label={`${lane.name ?? "Stages"}: waves`}
        >
          {lane.cards.map((card) => (
            <Fragment key={card.key}>
              {(!card.isFirst || card.wave.waiting.length > 0) && <Connector card={card} />}
              <WaveCard card={card} />
            </Fragment>
          ))}
        </div>
      )}
    </section>
  );
}
