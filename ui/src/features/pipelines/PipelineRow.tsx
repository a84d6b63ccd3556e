import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import { useNow } from "../../design/clock";
import { Glyph } from "../../design/glyphs";
import { Sha } from "../../design/Sha";
import { Chip, Status } from "../../design/Status";
import { targetLook } from "../../design/state";
import { Time } from "../../design/Time";
import { localTimes } from "../../design/time";
import { lookOf, type Summary } from "./filter";
import styles from "./Pipelines.module.css";
import { toggleStar } from "./stars";

export const PipelineRow = memo(function PipelineRow({ summary, starred }: { summary: Summary; starred: boolean }) {
  const { name, now } = summary;
  const look = lookOf(summary);
  const why = summary.parked ?? now?.worst;
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
          {why != null && <Why text={why} />}
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

function Why({ text }: { text: string }) {
  const told = localTimes(text, useNow());
  return (
    <span className="cut c-3" title={told}>
      {told}
    </span>
  );
}

/** One sign per wave, in the order of the path; stages stand apart. */
function MiniFront({ waves }: { waves: readonly Schemas["WaveNow"][] }) {
  const shown = waves.filter((wave) => wave.targets > 0);
  const small = shown.length > 12;
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
