import { waveName } from "../../api/places";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Sha } from "../../design/Sha";
import { Status } from "../../design/Status";
import { targetLook } from "../../design/state";
import { Time } from "../../design/Time";
import { commits, glyphOf, isWaiting, reasonText, toneOf } from "./gate";
import { gatesOf, heldBetween, placeOf } from "./layout";
import type { Model } from "./model";
import { OLDER_THAN_KNOWN, type Span, spanOfWave } from "./span";
import styles from "./Table.module.css";

/** The same as the picture, as a table: one row for each wave. */
export function FrontTable({
  model,
  onCommit,
  onGate,
}: {
  model: Model;
  onCommit: (sha: string) => void;
  onGate: (place: string) => void;
}) {
  const { stages, changes } = model;
  const gates = gatesOf(stages);
  const now = useNow();
  const head = changes[0];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.scroll} aria-label="Commit progress as a table" tabIndex={0}>
      <table className={styles.table}>
        <caption className="visually-hidden">
          What every wave runs, what is on its way, how far it is behind, and what waits in front of it
        </caption>
        <thead>
          <tr>
            <th scope="col">Stage and wave</th>
            <th scope="col">State</th>
            <th scope="col">Live</th>
            <th scope="col">On its way</th>
            <th scope="col" className={styles.number}>
              Behind head
            </th>
            <th scope="col">Waits in front</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {stages.flatMap((stage) =>
            stage.waves.map((wave) => {
              const span = spanOfWave(wave);
              const gate = gates.get(wave);
              const waits = gate !== undefined && isWaiting(gate) ? gate : undefined;
              const since = waits?.since ?? Math.max(...wave.targets.map((target) => target.since ?? 0));
              return (
                <tr key={placeOf(stage, wave)}>
                  <th scope="row">{waveName(stage.name, wave.name)}</th>
                  <td>
                    <Status look={targetLook(span.state)} />
                    {span.of > 1 && (
                      <span className="c-3">
                        {" "}
                        {span.runs}/{span.of} on the newest
                      </span>
                    )}
                  </td>
                  <td>
                    <Live span={span} model={model} onCommit={onCommit} />
                  </td>
                  <td>
                    {span.incoming === undefined || span.state === "failed" ? (
                      <span className="c-3">–</span>
                    ) : (
                      <Commit n={span.incoming} model={model} onCommit={onCommit} />
                    )}
                  </td>
                  <td className={`num ${styles.number}`}>
                    {head === undefined || span.live === undefined || span.live === OLDER_THAN_KNOWN ? "–" : heldBetween(head.n, span.live)}
                  </td>
                  <td className={styles.why}>
                    {waits === undefined ? (
                      <span className="c-3">nothing</span>
                    ) : (
                      <button type="button" className={styles.gate} onClick={() => onGate(placeOf(stage, wave))}>
                        <span className={`c-${toneOf(waits)}`}>
                          <Glyph name={glyphOf(waits)} size={13} />
                        </span>
                        <span className="cut" title={reasonText(waits, now)}>
                          {reasonText(waits, now)}
                        </span>
                        <span className="c-3 num">{commits(waits.held)}</span>
                      </button>
                    )}
                  </td>
                  <td>{since > 0 ? <Time at={since} /> : <span className="c-3">–</span>}</td>
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
    </section>
  );
}

function Live({ span, model, onCommit }: { span: Span; model: Model; onCommit: (sha: string) => void }) {
  if (span.best === undefined) return <span className="c-3">nothing yet</span>;
  return (
    <>
      <Commit n={span.best} model={model} onCommit={onCommit} />
      {span.live !== span.best && (
        <span className="c-3">
          {" "}
          {span.live === undefined ? (
            "on some"
          ) : (
            <>
              down to <Commit n={span.live} model={model} onCommit={onCommit} />
            </>
          )}
        </span>
      )}
    </>
  );
}

function Commit({ n, model, onCommit }: { n: number; model: Model; onCommit: (sha: string) => void }) {
  const change = model.changes.find((each) => each.n === n);
  if (change === undefined) return <span className="c-3">{n === OLDER_THAN_KNOWN ? "an older commit" : `change ${n % 2 ** 32}`}</span>;
  return (
    <button type="button" className={styles.link} onClick={() => onCommit(change.sha)} title={change.title}>
      <Sha sha={change.sha} />
    </button>
  );
}
