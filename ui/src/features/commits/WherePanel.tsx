import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { release, targets as targetsQuery } from "../../api/queries";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { useNow } from "../../design/clock";
import { Glyph, type GlyphName } from "../../design/glyphs";
import { Notice } from "../../design/Page";
import { Panel } from "../../design/Panel";
import { Sha } from "../../design/Sha";
import { type Tone, targetLook } from "../../design/state";
import { Time } from "../../design/Time";
import { clock, duration, full } from "../../design/time";
import { openLiftQuarantine, openQuarantine } from "../actions/open";
import { GateActs } from "./GateActs";
import { glyphOf, reasonText, toneOf } from "./gate";
import styles from "./Panel.module.css";
import type { Change } from "./rows";
import { noteOf } from "./sentence";
import type { Stage } from "./span";
import { carrierOf, type Step, usualTimes, whereIs, withExpectations, withTimes } from "./where";

/** "Where is bf4fac9?": the waves that have it, what it waits for, and what is next with when to expect it. */
export function WherePanel({
  pipeline,
  change,
  changes,
  stages,
  takesFocus,
  onRelease,
  onClose,
}: {
  pipeline: string;
  change: Change;
  changes: readonly Change[];
  stages: readonly Stage[];
  takesFocus: boolean;
  onRelease: (number: number) => void;
  onClose: () => void;
}) {
  const carrier = carrierOf(change, changes);
  const carried = useQuery({ ...release(pipeline, carrier ?? 0), enabled: carrier !== undefined }).data;
  const history = useQuery(targetsQuery(pipeline)).data?.items;
  const second = useNow();
  const minute = second - (second % 60_000);
  const usual = useMemo(() => usualTimes(history ?? []), [history]);
  const steps = useMemo(
    () => withExpectations(withTimes(whereIs(change.n, stages), carried?.waves ?? []), usual, minute),
    [change.n, stages, carried, usual, minute],
  );
  const note = noteOf(change);
  const mayQuarantine = useMay("quarantine");
  return (
    <Panel
      label="Selected commit"
      title={
        <>
          Where is <Sha sha={change.sha} />?
        </>
      }
      onClose={onClose}
      takesFocus={takesFocus}
    >
      <p className={styles.subject}>{change.title}</p>
      <p className={styles.meta}>
        {change.author} · <Time at={change.at} />
        {changes.some((each) => each.source !== change.source) && <> · {change.source}</>}
      </p>
      {note?.kind === "quarantined" && <Notice tone="bad">{note.text}: it enters no further target.</Notice>}
      {carrier !== undefined && (
        <p className={styles.carrier}>
          {carrier === change.release
            ? "Goes as"
            : note?.kind === "superseded"
              ? `Superseded${change.superseded_at == null ? "" : ` before ${change.superseded_at}`}; carried by`
              : "Carried by"}{" "}
          <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number: carrier }} search={{}}>
            #{carrier}
          </Link>
          {carrier !== change.release && (
            <Button look="quiet" small onClick={() => onRelease(carrier)}>
              Show its commit
            </Button>
          )}
        </p>
      )}
      <ol className={styles.steps}>
        {steps.map((step) => (
          <StepView key={step.key} step={step} pipeline={pipeline} now={second} />
        ))}
      </ol>
      {steps.length === 0 && <p className="c-2">No release has shown the way yet.</p>}
      <div className={styles.acts}>
        {change.release != null && (
          <Link
            to="/p/$pipeline/releases/$number"
            params={{ pipeline, number: change.release }}
            search={{}}
            className={buttonClass("plain", true)}
          >
            Open #{change.release}
          </Link>
        )}
        {change.release != null && mayQuarantine && (
          <Button
            small
            look={change.quarantined ? "plain" : "danger"}
            onClick={() => (change.quarantined ? openLiftQuarantine : openQuarantine)({ pipeline, release: change.release ?? 0 })}
          >
            {change.quarantined ? "Lift quarantine…" : "Quarantine…"}
          </Button>
        )}
      </div>
    </Panel>
  );
}

const looks: Record<Exclude<Step["state"], "waits">, { glyph: GlyphName; tone: Tone }> = {
  reached: { glyph: "ok", tone: "ok" },
  partly: { glyph: "run", tone: "ok" },
  moving: { glyph: "run", tone: "run" },
  failed: { glyph: "bad", tone: "bad" },
  next: { glyph: "queued", tone: "idle" },
};

function StepView({ step, pipeline, now }: { step: Step; pipeline: string; now: number }) {
  const { gate } = step;
  if (step.state === "waits" && gate !== undefined) {
    const standing = {
      key: step.key,
      gate,
      stage: step.stage,
      wave: step.wave.name,
      place: step.key,
      name: step.name,
      lane: step.wave.lane,
    };
    const tone = toneOf(gate);
    return (
      <>
        <li className={styles.wait}>
          <span className={`c-${tone}`}>
            <Glyph name={glyphOf(gate)} />
          </span>
          <div className={`${styles.callout} ${styles[`callout-${tone}`]}`}>
            <b className={`c-${tone === "idle" ? "2" : tone}`}>Waits before {step.name}</b>
            <p>{reasonText(gate, now)}</p>
            {gate.since != null && (
              <p className="c-2">
                for <Time at={gate.since} as="age" />
                {gate.until != null && gate.until > now && (
                  <>
                    , until {clock(gate.until, now)}, {duration(gate.until - now)} left
                  </>
                )}
              </p>
            )}
            <GateActs pipeline={pipeline} standing={standing} />
          </div>
        </li>
        <Line step={step} look={looks.next} />
      </>
    );
  }
  return <Line step={step} look={looks[step.state === "waits" ? "next" : step.state]} />;
}

function Line({ step, look }: { step: Step; look: { glyph: GlyphName; tone: Tone } }) {
  return (
    <li className={styles.step}>
      <span className={`c-${look.tone}`}>
        <Glyph name={look.glyph} />
      </span>
      <div>
        <div className={look.tone === "idle" ? `${styles.name} c-2` : styles.name}>{step.name}</div>
        <div className={styles.detail}>{detailOf(step)}</div>
      </div>
      <When step={step} />
    </li>
  );
}

function When({ step }: { step: Step }) {
  const now = useNow();
  if (step.at !== undefined) {
    return (
      <time className={styles.when} dateTime={new Date(step.at).toISOString()} title={full(step.at)}>
        {clock(step.at, now)}
      </time>
    );
  }
  if (step.expected !== undefined && step.state !== "reached") {
    return (
      <time
        className={styles.when}
        dateTime={new Date(step.expected).toISOString()}
        title={`expected, from medians: ${full(step.expected)}`}
      >
        ~{clock(step.expected, now)}
      </time>
    );
  }
  if (step.usual_ms === undefined) return <span />;
  return (
    <span className={styles.when} title="median of earlier releases">
      takes {duration(step.usual_ms).split(" ")[0]}
    </span>
  );
}

function detailOf(step: Step): string {
  // Of a wave that comes later only what will keep the commit from it counts, not what it does with others.
  const deviants = step.without.filter((front) =>
    step.state === "next" || step.state === "waits" ? front.state === "held" || front.state === "unknown" : front.state !== "live",
  );
  const named = deviants
    .slice(0, 3)
    .map((front) => `${front.region ?? front.name} ${targetLook(front.state).word}`)
    .join(", ");
  const rest = deviants.length > 3 ? `, ${deviants.length - 3} more` : "";
  if (step.of === 0) return step.state === "moving" ? "running now" : "";
  if (step.state === "reached") return step.of === 1 ? (step.wave.targets[0]?.name ?? "") : `all ${step.of} targets`;
  const count = `${step.reached} of ${step.of} targets`;
  return named === "" ? count : `${count}; ${named}${rest}`;
}
