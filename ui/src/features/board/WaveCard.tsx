import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Schemas } from "../../api/client";
import { shortTarget } from "../../api/places";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Sha } from "../../design/Sha";
import { Chip } from "../../design/Status";
import { targetLook } from "../../design/state";
import { Left, Time } from "../../design/Time";
import { openRetry, openRollback } from "../actions/open";
import styles from "./Board.module.css";
import { useBoard } from "./context";
import { type Card, codeOf, deviants, headline, majority, releaseOf, segments, shapeOf, shareDone, waveLook } from "./layout";

const NAMED_DEVIANTS = 8;

/** One wave: the commit it runs, how its targets stand, and what can be done about it. */
export function WaveCard({ card }: { card: Card }) {
  const { wave, title, stage } = card;
  const { changes } = useBoard();
  const look = waveLook(wave);
  const number = headline(wave);
  const change = number === undefined ? undefined : changes.get(number);
  const edge = look.tone === "bad" ? styles.isBad : look.tone === "run" ? styles.isRun : "";
  return (
    <section className={`${styles.wave} ${edge}`} aria-label={`${title}: ${look.word}`}>
      <header className={styles.waveHead}>
        <div className={styles.waveTitle}>
          <h3 className="cut" title={title}>
            {title}
          </h3>
          {stage.production && wave.name === "" && <span className="c-3">production</span>}
          <span className="grow" />
          <Chip look={look} />
        </div>
        <p className={styles.revision}>
          {change ? (
            <>
              <Sha sha={change.sha} />
              <span className="cut" title={`${change.title} · ${change.author}`}>
                {change.title}
              </span>
            </>
          ) : (
            <span className="c-3">{number === undefined ? "no commit has come here" : `change ${number}`}</span>
          )}
        </p>
        {wave.targets.length > 1 && <Bar targets={wave.targets} />}
      </header>
      {wave.targets.length > 0 ? <Targets wave={wave} /> : <Jobs wave={wave} />}
      <Foot card={card} />
    </section>
  );
}

function Bar({ targets }: { targets: readonly Schemas["TargetFront"][] }) {
  const parts = segments(targets);
  return (
    <div
      className={styles.bar}
      role="img"
      aria-label={parts.map((part) => part.word).join(", ")}
      title={parts.map((part) => part.word).join(", ")}
    >
      {parts.map((part) => (
        <i key={part.word} className={styles[`bar-${part.tone}`]} style={{ flexGrow: part.share }} />
      ))}
    </div>
  );
}

function Targets({ wave }: { wave: Schemas["BoardWave"] }) {
  const { pipeline } = useBoard();
  const shape = shapeOf(wave.targets);
  const most = majority(wave.targets);
  const shown = shape === "counted" ? deviants(wave.targets).slice(0, NAMED_DEVIANTS) : wave.targets;
  const rest = wave.targets.length - shown.length;
  return (
    <ul className={shape === "codes" ? `${styles.targets} ${styles.two}` : styles.targets}>
      {shown.map((front) => (
        <TargetRow
          key={front.name}
          front={front}
          name={shape === "codes" ? codeOf(front, wave.targets) : shortTarget(front, wave.targets)}
          differs={front.live !== most}
          isCode={shape === "codes"}
        />
      ))}
      {rest > 0 && (
        <li className={styles.rest}>
          <Link to="/p/$pipeline/targets" params={{ pipeline }} search={{}}>
            {shown.length === 0 ? `All ${rest} targets are live` : `and ${rest} more, live`}
          </Link>
        </li>
      )}
    </ul>
  );
}

const TargetRow = memo(function TargetRow({
  front,
  name,
  differs,
  isCode,
}: {
  front: Schemas["TargetFront"];
  name: string;
  differs: boolean;
  isCode: boolean;
}) {
  const { changes, pipeline } = useBoard();
  const look = targetLook(front.state);
  const moving = front.state === "deploying" || front.state === "rolling_back" || front.state === "baking";
  const tint =
    front.state === "live" || front.state === "empty" ? "" : (styles[`tint-${front.state === "held" ? "idle" : look.tone}`] ?? "");
  const change = front.live == null ? undefined : changes.get(front.live);
  const hint = [front.name, look.word, front.reason].filter(Boolean).join(" · ");
  return (
    <li className={tint}>
      <Link to="/p/$pipeline/targets" params={{ pipeline }} search={{ name: front.name }} title={hint}>
        <span className={`c-${look.tone}`}>
          <Glyph name={look.glyph} size={14} />
        </span>
        <span className="visually-hidden">{look.word}:</span>
        <span className={isCode ? "cut mono grow" : "cut grow"}>{name}</span>
        {moving ? (
          <span className={`${styles.aside} c-${look.tone}`}>
            <HowFar front={front} />
          </span>
        ) : differs && change && !isCode ? (
          <span className={styles.aside}>
            <Sha sha={change.sha} />
          </span>
        ) : (
          front.since != null &&
          front.state === "live" &&
          !isCode && (
            <span className={styles.aside}>
              <Time at={front.since} as="age" />
            </span>
          )
        )}
      </Link>
    </li>
  );
});

/** How far a target is: what is left of its bake, or the share of the time that it usually takes. */
function HowFar({ front }: { front: Schemas["TargetFront"] }) {
  const now = useNow();
  if (front.state === "baking" && front.until != null) return <Left at={front.until} over="judging" />;
  if (front.since == null) return null;
  const share = shareDone(front, now);
  if (share === undefined) return <Time at={front.since} as="age" />;
  return (
    <span className="num" title="of the time that it usually takes">
      {share} %
    </span>
  );
}

/** A wave that deploys nowhere shows how far its jobs are. */
function Jobs({ wave }: { wave: Schemas["BoardWave"] }) {
  const { pipeline } = useBoard();
  const jobs = wave.jobs;
  if (jobs == null) return <p className={styles.none}>No jobs yet</p>;
  const look = waveLook(wave);
  return (
    <ul className={styles.targets}>
      <li className={look.tone === "ok" ? "" : (styles[`tint-${look.tone}`] ?? "")}>
        <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number: jobs.release }} search={{}}>
          <span className={`c-${look.tone}`}>
            <Glyph name={look.glyph} size={14} />
          </span>
          <span className="cut grow">{jobs.total === 1 ? "1 job" : `${jobs.total} jobs`}</span>
          <span className={`${styles.aside} num`}>{jobs.failed > 0 ? `${jobs.failed} failed` : `${jobs.done} of ${jobs.total}`}</span>
        </Link>
      </li>
    </ul>
  );
}

function Foot({ card }: { card: Card }) {
  const { wave, stage } = card;
  const { pipeline } = useBoard();
  const mayRetry = useMay("retry");
  const mayRollback = useMay("rollback");
  const release = releaseOf(wave);
  if (release == null) return null;
  const since = Math.max(0, ...wave.targets.map((front) => front.since ?? 0));
  const failed = wave.jobs?.failed ?? 0;
  const runs = wave.targets.some((front) => front.live != null);
  return (
    <footer className={styles.waveFoot}>
      <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number: release }} search={{}} className={styles.release}>
        #{release}
      </Link>
      {wave.lane.rollback_of != null ? <span>rollback of #{wave.lane.rollback_of}</span> : since > 0 && <Time at={since} as="age" />}
      <span className="grow" />
      {failed > 0 && mayRetry ? (
        <Button look="soft" small onClick={() => openRetry({ pipeline, release, what: { kind: "failed_jobs" } })}>
          Retry {failed}
        </Button>
      ) : wave.targets.length === 0 ? (
        <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number: release }} search={{}} className={buttonClass("soft", true)}>
          Open
        </Link>
      ) : (
        runs &&
        mayRollback && (
          <Button
            look="soft"
            small
            aria-label={`Roll back ${card.title}…`}
            onClick={() => openRollback({ pipeline, place: { kind: "wave", stage: stage.name, wave: wave.name } })}
          >
            Roll back…
          </Button>
        )
      )}
    </footer>
  );
}
