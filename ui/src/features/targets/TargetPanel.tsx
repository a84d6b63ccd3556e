import { Link } from "@tanstack/react-router";
import { actorName } from "../../api/places";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Notice } from "../../design/Page";
import { Panel } from "../../design/Panel";
import { Sha } from "../../design/Sha";
import { Status } from "../../design/Status";
import { targetLook } from "../../design/state";
import { Left, Time } from "../../design/Time";
import { duration } from "../../design/time";
import { openBreakGlass, openHold, openResolve, openRollback } from "../actions/open";
import { stillAsked, verdicts } from "../actions/verdict";
import styles from "./Targets.module.css";
import { differenceOf, type Rollout, rolloutLine, type Target } from "./targets";

/** One target: what runs there, everything that was done to it, what it can go back to, and what can be done now. */
export function TargetPanel({
  pipeline,
  target,
  all,
  onClose,
}: {
  pipeline: string;
  target: Target;
  all: readonly Target[];
  onClose: () => void;
}) {
  const difference = differenceOf(target, all);
  const mayRollBack = useMay("rollback");
  const mayHold = useMay("hold");
  const mayResolve = useMay("resolve");
  const mayBreakGlass = useMay("break_glass");
  const asked = stillAsked(target.glass, useNow());
  const wave = target.wave === "" ? target.stage : `${target.stage}/${target.wave}`;
  return (
    <Panel label={`Target ${target.name}`} title={target.name} onClose={onClose} takesFocus>
      <p className={styles.state}>
        <Status look={targetLook(target.state)} />
        {target.since != null && (
          <span className="c-3">
            since <Time at={target.since} as="clock" />
          </span>
        )}
      </p>
      {target.unknown != null && (
        <Notice tone="wait">
          Contact was lost <Time at={target.unknown.since} />.{" "}
          {target.unknown.needs_person ? "A person must say what runs here." : "It is being found out what runs here."}
        </Notice>
      )}
      {asked !== undefined && (
        <Notice tone="bad">
          <b>{actorName(asked.by)}</b> asked to break the glass and said that {verdicts[asked.verdict.kind]} (“{asked.reason}”). A second
          admin must say the same; <Left at={asked.until} over="too late" />.
        </Notice>
      )}
      {target.flag != null && <Notice tone="bad">{target.flag}</Notice>}
      {target.reason != null && target.reason !== "" && target.reason !== target.flag && <Notice tone="idle">{target.reason}</Notice>}
      <dl className={styles.facts}>
        <dt>Runs</dt>
        <dd>
          {target.sha == null ? "nothing yet" : <Sha sha={target.sha} />}{" "}
          {target.release != null && <ReleaseLink pipeline={pipeline} number={target.release} />}
          {target.title != null && <span className={styles.title}>{target.title}</span>}
        </dd>
        {target.live_since != null && (
          <>
            <dt>Since</dt>
            <dd>
              <Time at={target.live_since} />
            </dd>
          </>
        )}
        {target.partly != null && (
          <>
            <dt>In part</dt>
            <dd>
              <ReleaseLink pipeline={pipeline} number={target.partly} /> reached it and did not finish
            </dd>
          </>
        )}
        <dt>Its wave</dt>
        <dd>{difference ?? "runs the same"}</dd>
        <dt>Can go back to</dt>
        <dd>
          <Numbers
            pipeline={pipeline}
            numbers={target.good.filter((number) => number !== target.release && !target.bad.includes(number))}
            none="nothing yet"
          />
        </dd>
        {target.bad.length > 0 && (
          <>
            <dt>Went bad here</dt>
            <dd>
              <Numbers pipeline={pipeline} numbers={target.bad} none="" />
            </dd>
          </>
        )}
      </dl>
      <div className={styles.acts}>
        {target.release != null && (
          <Link
            to="/p/$pipeline/commits"
            params={{ pipeline }}
            search={
              target.neighbours_run == null
                ? { at: target.name, ...(target.sha == null ? {} : { commit: target.sha.slice(0, 7) }) }
                : { from: wave, to: target.name }
            }
            className={buttonClass("plain", true)}
          >
            {target.neighbours_run == null ? "Show on the front" : "Compare with its wave"}
          </Link>
        )}
        {target.state === "unknown" && mayResolve && (
          <Button small onClick={() => openResolve({ pipeline, target: target.name })}>
            Say what runs…
          </Button>
        )}
        {target.state === "unknown" && mayBreakGlass && (
          <Button small look="danger" onClick={() => openBreakGlass({ pipeline, target: target.name })}>
            Break the glass…
          </Button>
        )}
        {target.state !== "held" && mayHold && (
          <Button small onClick={() => openHold({ pipeline, scope: { kind: "target", name: target.name } })}>
            Hold…
          </Button>
        )}
        {mayRollBack && (
          <Button small look="danger" onClick={() => openRollback({ pipeline, place: { kind: "target", target: target.name } })}>
            Roll back…
          </Button>
        )}
      </div>
      <section className={styles.history}>
        <h3>What was done to it</h3>
        {target.history.length === 0 && <p className="c-3">Nothing yet.</p>}
        <ol>
          {target.history.map((rollout) => (
            <RolloutItem key={rollout.number} pipeline={pipeline} rollout={rollout} />
          ))}
        </ol>
      </section>
    </Panel>
  );
}

function RolloutItem({ pipeline, rollout }: { pipeline: string; rollout: Rollout }) {
  const line = rolloutLine(rollout);
  return (
    <li>
      <span className={`c-${line.tone}`}>
        <Glyph name={line.glyph} />
      </span>
      <div>
        <div>
          <ReleaseLink pipeline={pipeline} number={rollout.release} /> {line.word}
          {rollout.direction.kind === "back" && (
            <>
              {" "}
              from <ReleaseLink pipeline={pipeline} number={rollout.direction.from} />
            </>
          )}
        </div>
        <div className="c-3">
          {rollout.deployed_at != null && <>deployed in {duration(rollout.deployed_at - rollout.started_at)}</>}
          {rollout.deployed_at != null && rollout.ended_at != null && <>, baked {duration(rollout.ended_at - rollout.deployed_at)}</>}
        </div>
        {rollout.reason !== "" && <div className={styles.reason}>{rollout.reason}</div>}
      </div>
      <span className="c-3">
        <Time at={rollout.started_at} as="age" />
      </span>
    </li>
  );
}

function Numbers({ pipeline, numbers, none }: { pipeline: string; numbers: readonly number[]; none: string }) {
  const shown = numbers.slice(0, 6);
  if (shown.length === 0) return none;
  return (
    <span className={styles.numbers}>
      {shown.map((number) => (
        <ReleaseLink key={number} pipeline={pipeline} number={number} />
      ))}
      {numbers.length > shown.length && <span className="c-3">and {numbers.length - shown.length} more</span>}
    </span>
  );
}

function ReleaseLink({ pipeline, number }: { pipeline: string; number: number }) {
  return (
    <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number }} search={{}} className={styles.link}>
      #{number}
    </Link>
  );
}
