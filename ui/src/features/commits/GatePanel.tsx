import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Panel } from "../../design/Panel";
import { Sha } from "../../design/Sha";
import { Left, Time } from "../../design/Time";
import { GateActs } from "./GateActs";
import { commits, glyphOf, isWaiting, reasonText, toneOf } from "./gate";
import styles from "./Panel.module.css";
import type { Change } from "./rows";
import { type Stage, spanOfWave } from "./span";
import type { Standing } from "./summary";

const SHOWN = 40;

/** One gate: why it is closed, since and until when, what it holds back, and what can be done. */
export function GatePanel({
  pipeline,
  standing,
  stages,
  changes,
  onCommit,
  onClose,
}: {
  pipeline: string;
  standing: Standing;
  stages: readonly Stage[];
  changes: readonly Change[];
  onCommit: (sha: string) => void;
  onClose: () => void;
}) {
  const now = useNow();
  const { gate, name } = standing;
  const tone = toneOf(gate);
  const wave = stages.find((stage) => stage.name === standing.stage)?.waves.find((each) => each.name === standing.wave);
  const behind = wave === undefined ? undefined : spanOfWave(wave).live;
  const held = changes.filter((change) => change.n <= (gate.change ?? 0) && change.n > (behind ?? 0));
  return (
    <Panel label={`Gate before ${name}`} title={`Before ${name}`} onClose={onClose} takesFocus>
      <div className={`${styles.callout} ${styles[`callout-${tone}`]}`}>
        <b className={`c-${tone}`}>
          <Glyph name={glyphOf(gate)} size={14} />{" "}
          {isWaiting(gate) ? (gate.state === "rejected" ? "Rejected" : titleOf(gate.kind)) : "Nothing waits here"}
        </b>
        {isWaiting(gate) && (
          <>
            {!saysTitle(gate) && <p>{reasonText(gate, now)}</p>}
            <p className="c-2">
              {gate.since != null && (
                <>
                  for <Time at={gate.since} as="age" />
                </>
              )}
              {gate.until != null && gate.until > now && (
                <>
                  {" · "}
                  <Left at={gate.until} />
                </>
              )}
            </p>
            <GateActs pipeline={pipeline} standing={standing} />
          </>
        )}
      </div>
      {isWaiting(gate) && (
        <section className={styles.section}>
          <h3>{commits(gate.held)} held</h3>
          <ul className={styles.commits}>
            {held.slice(0, SHOWN).map((change) => (
              <li key={change.sha}>
                <button type="button" onClick={() => onCommit(change.sha)} title={change.title}>
                  <Sha sha={change.sha} />
                  <span className="cut">{change.title}</span>
                </button>
              </li>
            ))}
          </ul>
          {gate.held > Math.min(held.length, SHOWN) && <p className="c-3">and {gate.held - Math.min(held.length, SHOWN)} more</p>}
        </section>
      )}
    </Panel>
  );
}

/** One approval by whoever may approve has no more to say than its title. */
function saysTitle(gate: Standing["gate"]): boolean {
  return gate.reason === "waits for an approval" && gate.state !== "rejected";
}

function titleOf(kind: string): string {
  const titles: Record<string, string> = {
    approval: "Waits for approval",
    window: "Waits for the window",
    alarms: "Blocked by an alarm",
    metric: "Waits for a metric",
    check: "Waits for a check",
    depends_on: "Waits for another pipeline",
    lane: "Next in line",
    hold: "Held",
    quarantine: "Quarantined",
    max_parallel: "Waits for a place",
    bake: "Waits for the bake",
  };
  return titles[kind] ?? "Waits";
}
