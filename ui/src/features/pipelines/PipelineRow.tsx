import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Sha } from "../../design/Sha";
import { Chip, Status } from "../../design/Status";
import { releaseLook, targetLook } from "../../design/state";
import { Time } from "../../design/Time";
import { duration, localTimes } from "../../design/time";
import { attentionRow } from "../board/attention";
import { bars, lookOf, type Summary } from "./filter";
import styles from "./Pipelines.module.css";
import { toggleStar } from "./stars";

export const PipelineRow = memo(function PipelineRow({ summary, starred }: { summary: Summary; starred: boolean }) {
  const { name, now } = summary;
  const look = lookOf(summary);
  return (
    <tr>
      <td>
        <button
          type="button"
          className={starred ? `${styles.star} ${styles.starred}` : styles.star}
          aria-pressed={starred}
          aria-label={`Star ${name}`}
          onClick={() => toggleStar(name)}
        >
          <Glyph name={starred ? "starred" : "star"} size={14} />
        </button>
      </td>
      <th scope="row">
        <Link to="/p/$pipeline" params={{ pipeline: name }} data-row="" title={name}>
          {name}
        </Link>
      </th>
      <td>
        <div className={styles.state}>
          <Status look={look} />
          <Why summary={summary} />
        </div>
      </td>
      <td>
        {now?.head_sha != null && (
          <Link to="/p/$pipeline/commits" params={{ pipeline: name }} search={{}} className={styles.head} title={now.head_title ?? ""}>
            <Sha sha={now.head_sha} />
            <span className="cut">{now.head_title}</span>
          </Link>
        )}
      </td>
      <td>
        <MiniFront waves={now?.waves ?? []} />
      </td>
      <td>
        <Spark recent={now?.recent ?? []} />
      </td>
      <td className={styles.number}>
        {now != null && now.moving > 0 ? (
          <>
            {now.moving}
            {now.oldest_since != null && (
              <span className="c-3">
                {" "}
                · <Time at={now.oldest_since} as="age" />
              </span>
            )}
          </>
        ) : (
          <span className="c-3">0</span>
        )}
      </td>
      <td>
        {now != null && now.waits_for_me > 0 && (
          <Link to="/approvals" search={{}} aria-label={`${now.waits_for_me} approvals wait for you`}>
            <Chip look={{ glyph: "approval", tone: "wait" }}>{now.waits_for_me}</Chip>
          </Link>
        )}
      </td>
    </tr>
  );
});

/** What is worst, and straight to it: the job that failed, or the board. */
function Why({ summary: { name, parked, now } }: { summary: Summary }) {
  const at = now?.worst_at;
  const row = at == null ? undefined : attentionRow(at);
  const now_ms = useNow();
  const told = localTimes(parked ?? row?.title ?? now?.worst ?? now?.waits_for ?? "", now_ms);
  if (told === "") return null;
  const hint = row === undefined || parked != null ? told : `${told}: ${localTimes(row.detail, now_ms)}`;
  if (parked == null && at?.release != null && at.attempt != null) {
    return (
      <Link
        to="/p/$pipeline/releases/$number"
        params={{ pipeline: name, number: at.release }}
        search={at.subject == null ? {} : { node: at.subject }}
        className={styles.why}
        title={hint}
      >
        {told}
      </Link>
    );
  }
  return (
    <span className="cut c-3" title={hint}>
      {told}
    </span>
  );
}

/** The last releases, oldest first: how long each took, and how it ended. */
function Spark({ recent }: { recent: readonly Schemas["RecentRelease"][] }) {
  if (recent.length === 0) return null;
  const failed = recent.filter((release) => release.state === "failed").length;
  const heights = bars(recent);
  return (
    <svg
      className={styles.spark}
      width={recent.length * 4}
      height="16"
      role="img"
      aria-label={`${recent.length} releases, ${failed} failed`}
    >
      {recent.map((release, index) => {
        const height = Math.round((heights[index] ?? 0) * 16);
        const { tone } = releaseLook(release.state);
        return (
          <rect key={release.release} className={styles[`spark-${tone}`]} x={index * 4} y={16 - height} width="3" height={height}>
            <title>{`#${release.release} ${release.state}${release.took_ms == null ? "" : `, ${duration(release.took_ms)}`}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

/** One sign per wave, in the order of the path; stages stand apart. */
function MiniFront({ waves }: { waves: readonly Schemas["WaveNow"][] }) {
  const shown = waves.filter((wave) => wave.targets > 0);
  if (shown.length === 0) return <span className="c-3">no targets</span>;
  const small = shown.length > 6;
  const words = shown.map((wave) => `${waveName(wave.stage, wave.wave)}: ${wordOf(wave)}`);
  return (
    <span className={styles.front} role="img" aria-label={words.join("; ")}>
      {shown.map((wave, index) => {
        const look = targetLook(wave.state ?? "empty");
        const apart = index > 0 && shown[index - 1]?.stage !== wave.stage;
        return (
          <span key={`${wave.stage}/${wave.wave}`} className={`c-${look.tone} ${apart ? styles.apart : ""}`} title={words[index]}>
            <Glyph name={look.glyph} size={small ? 10 : 14} />
          </span>
        );
      })}
    </span>
  );
}

function wordOf(wave: Schemas["WaveNow"]): string {
  const { word } = targetLook(wave.state ?? "empty");
  return wave.targets > 1 ? `${word}, ${wave.newest} of ${wave.targets} run its newest` : word;
}
