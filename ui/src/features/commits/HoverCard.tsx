import { Link } from "@tanstack/react-router";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { shortSha } from "../../design/Sha";
import { type Look, targetLook } from "../../design/state";
import { age, localTimes } from "../../design/time";
import { openHold, openResolve, openRetry, openRollback } from "../actions/open";
import styles from "./Commits.module.css";
import { commits } from "./gate";
import { type Column, heldBetween, spanOf } from "./layout";
import type { Model } from "./model";
import { type Front, OLDER_THAN_KNOWN } from "./span";

const WIDTH = 292;
const GAP = 14;
const ROOM_ABOVE = 176;

/** What stands at the crosshair, in the corner that the front leaves empty. Pinned, it carries what can be done. */
export function HoverCard({
  pipeline,
  model,
  column,
  row,
  width,
  isPinned,
  onClose,
}: {
  pipeline: string;
  model: Model;
  column: Column;
  row: number;
  /** How much of the picture is not covered by the panel. */
  width: number;
  isPinned: boolean;
  onClose: () => void;
}) {
  const { scale } = model;
  const right = column.x + column.width + GAP;
  const left = right + WIDTH <= width ? right : Math.max(0, column.x - WIDTH - GAP);
  const y = scale.y(row);
  const place = y > ROOM_ABOVE ? { left, bottom: scale.height - y + 8 } : { left, top: y + scale.row_px + 10 };
  const name = column.source.kind === "target" ? (column.source.of.region ?? column.source.of.name) : column.place;
  return (
    <section
      className={`${styles.card} ${isPinned ? styles.pinned : ""}`}
      style={{ ...place, width: WIDTH }}
      aria-label={name}
      aria-hidden={isPinned ? undefined : true}
    >
      <header>
        <b className="cut" title={column.key}>
          {name}
        </b>
        <span className="c-3 cut">{column.wave === "" ? column.stage : `${column.stage} · ${column.wave}`}</span>
        <span className="grow" />
        {column.source.kind === "target" && column.source.of.account != null && (
          <code className="mono c-3">{column.source.of.account}</code>
        )}
        {isPinned && (
          <Button look="quiet" small aria-label="Close the card" onClick={onClose}>
            <Glyph name="close" size={12} />
          </Button>
        )}
      </header>
      <Facts model={model} column={column} />
      {isPinned && column.source.kind === "target" && (
        <Acts pipeline={pipeline} model={model} front={column.source.of} wave={column.wave} stage={column.stage} />
      )}
    </section>
  );
}

function Facts({ model, column }: { model: Model; column: Column }) {
  const now = useNow();
  const span = spanOf(column.source);
  const front = column.source.kind === "target" ? column.source.of : undefined;
  const since = front?.since == null ? "" : age(front.since, now);
  const shaOf = (n: number) => {
    const change = model.changes.find((each) => each.n === n);
    return change === undefined ? (n === OLDER_THAN_KNOWN ? "an older commit" : `change ${n % 2 ** 32}`) : shortSha(change.sha);
  };
  const look = targetLook(span.state);
  const lines: { look: Look; text: string; sha: string | undefined; age: string }[] = [];
  if (span.incoming !== undefined) lines.push({ look, text: `${look.word}`, sha: shaOf(span.incoming), age: since });
  else if (span.state !== "live") lines.push({ look, text: look.word, sha: undefined, age: since });
  if (span.left !== undefined) lines.push({ look: targetLook("rolled_back"), text: "was taken off", sha: shaOf(span.left), age: "" });
  if (span.best !== undefined && span.best !== span.live) {
    lines.push({ look: targetLook("live"), text: `on ${span.runs} of ${span.of}`, sha: shaOf(span.best), age: "" });
  }
  if (span.live !== undefined) {
    lines.push({
      look: targetLook("live"),
      text: span.of > 1 ? "on all" : "is live",
      sha: shaOf(span.live),
      age: span.state === "live" ? since : "",
    });
  }
  if (column.queued !== undefined)
    lines.push({ look: { glyph: "queued", tone: "idle", word: "queued" }, text: "is queued", sha: shaOf(column.queued), age: "" });
  const behind = behindOf(model, front);
  return (
    <>
      <ul>
        {lines.map((line) => (
          <li key={line.text}>
            <span className={`c-${line.look.tone}`}>
              <Glyph name={line.look.glyph} size={14} />
            </span>
            <span>
              {line.sha !== undefined && <code className="mono">{line.sha}</code>} {line.text}
              {front?.release != null && line.text === "is live" && <span className="c-3"> #{front.release}</span>}
            </span>
            <span className="c-3 num">{line.age}</span>
          </li>
        ))}
      </ul>
      {front?.reason != null && front.reason !== "" && <p className={styles.reason}>{localTimes(front.reason, now)}</p>}
      {behind > 0 && <p className="c-2">{commits(behind)} behind the newest of its wave</p>}
    </>
  );
}

function behindOf(model: Model, front: Front | undefined): number {
  if (front?.live == null) return 0;
  const wave = model.stages.flatMap((stage) => stage.waves).find((each) => each.targets.includes(front));
  const best = Math.max(...(wave?.targets.map((each) => each.live ?? 0) ?? [0]));
  return best > front.live ? heldBetween(best, front.live) : 0;
}

function Acts({ pipeline, model, front, stage, wave }: { pipeline: string; model: Model; front: Front; stage: string; wave: string }) {
  const mayRetry = useMay("retry");
  const mayRollBack = useMay("rollback");
  const mayHold = useMay("hold");
  const mayResolve = useMay("resolve");
  const failed = model.changes.find((change) => change.n === front.incoming)?.release;
  return (
    <div className={styles.cardActs}>
      <Link to="/p/$pipeline/targets" params={{ pipeline }} search={{ name: front.name }} className={buttonClass("plain", true)}>
        History
      </Link>
      {front.state === "unknown" && mayResolve && (
        <Button small onClick={() => openResolve({ pipeline, target: front.name })}>
          Say what runs…
        </Button>
      )}
      {front.state === "failed" && failed != null && mayRetry && (
        <Button small onClick={() => openRetry({ pipeline, release: failed, what: { kind: "failed_jobs" } })}>
          Retry…
        </Button>
      )}
      {front.state !== "failed" && front.state !== "unknown" && mayHold && (
        <Button small onClick={() => openHold({ pipeline, scope: { kind: "target", name: front.name } })}>
          Hold…
        </Button>
      )}
      {mayRollBack && (
        <Button small look="danger" onClick={() => openRollback({ pipeline, place: { kind: "wave", stage, wave } })}>
          Roll back wave…
        </Button>
      )}
    </div>
  );
}
