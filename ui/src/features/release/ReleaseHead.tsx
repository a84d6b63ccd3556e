import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { actorName } from "../../api/places";
import { board } from "../../api/queries";
import { Glyph } from "../../design/glyphs";
import { Notice } from "../../design/Page";
import { Sha } from "../../design/Sha";
import { Chip } from "../../design/Status";
import { releaseLook } from "../../design/state";
import { Left, Time, Took } from "../../design/Time";
import { placeName, previewOf, type Release, wentBack } from "./release";
import styles from "./release.module.css";

/** What this release is, what became of it, and what stays written on it for ever. */
export function ReleaseHead({ pipeline, release, children }: { pipeline: string; release: Release; children: ReactNode }) {
  const look = releaseLook(release.state);
  const [revision] = release.revisions;
  const others = release.revisions.length - 1;
  return (
    <>
      <div className={styles.head}>
        <span className={`c-${look.tone}`} title={look.word}>
          <Glyph name={look.glyph} size={18} />
        </span>
        <h2 className={styles.title}>Release #{release.number}</h2>
        <Chip look={look} />
        {release.trust === "fork" && <Chip look={{ glyph: "warn", tone: "wait" }}>from a fork</Chip>}
        {release.quarantine && <Chip look={{ glyph: "warn", tone: "bad" }}>quarantined</Chip>}
        {release.overrides.length > 0 && (
          <Chip look={{ glyph: "flag", tone: "wait" }}>
            {release.overrides.length === 1 ? "a gate was overridden" : `${release.overrides.length} gates were overridden`}
          </Chip>
        )}
        {revision && <Sha sha={revision.commit} />}
        <span className={`cut c-2 ${styles.what}`} title={revision?.title}>
          {revision?.title}
          {others > 0 && ` and ${others} more ${others === 1 ? "revision" : "revisions"}`}
        </span>
        <span className={styles.acts}>{children}</span>
      </div>
      <p className={styles.facts}>
        <span>
          {revision?.author} · {release.trigger} · <Time at={release.created_at} />
        </span>
        <span>
          {release.ended_at == null ? "on its way for " : "took "}
          <Took from={release.created_at} to={release.ended_at} />
        </span>
        {release.superseded_by != null && (
          <span>
            its commits are carried by{" "}
            <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number: release.superseded_by }}>
              #{release.superseded_by}
            </Link>
          </span>
        )}
        {release.reason !== "" && release.quarantine == null && <span>{release.reason}</span>}
        {release.preview != null && <Preview pipeline={pipeline} release={release} />}
      </p>
      <Notes pipeline={pipeline} release={release} />
    </>
  );
}

/** Where the pull request is to be seen, while its target runs this release. */
function Preview({ pipeline, release }: { pipeline: string; release: Release }) {
  const address = previewOf(release, useQuery(board(pipeline)).data);
  if (address === undefined) return null;
  return (
    <span>
      preview:{" "}
      <a className={styles.out} href={address} target="_blank" rel="noopener noreferrer">
        {address} <Glyph name="external" size={11} />
      </a>
    </span>
  );
}

function Notes({ pipeline, release }: { pipeline: string; release: Release }) {
  const back = wentBack(release);
  const first = back[0];
  const waits = release.waves.filter((wave) => wave.state === "waiting" && wave.waits_for.length > 0);
  const isFork = release.trust === "fork";
  if (release.quarantine == null && release.overrides.length === 0 && first === undefined && waits.length === 0 && !isFork) return null;
  return (
    <div className={styles.notes}>
      {isFork && (
        <Notice tone="idle">
          A fork's pull request brings this, and nobody has trusted this commit: it gets no secrets, no identity and no preview, and its
          jobs run in the pool <code>forks</code>.
        </Notice>
      )}
      {waits.map((wave) => (
        <Notice key={placeName(wave.stage, wave.wave)} tone="wait">
          <Waits wave={wave} />
        </Notice>
      ))}
      {first !== undefined && (
        <Notice tone="bad">
          {first.done ? "Taken back" : "Being taken back"} at {back.map((each) => each.target).join(", ")}
          {first.to !== undefined && (
            <>
              {" "}
              to{" "}
              <Link className={styles.link} to="/p/$pipeline/releases/$number" params={{ pipeline, number: first.to }}>
                #{first.to}
              </Link>
            </>
          )}
          : {first.reason}
        </Notice>
      )}
      {release.quarantine != null && first === undefined && (
        <Notice tone="bad">
          Quarantined by {actorName(release.quarantine.by)}: {release.quarantine.reason}
        </Notice>
      )}
      {release.overrides.map((override) => (
        <Notice key={`${override.gate} ${override.at}`} tone="wait">
          {actorName(override.by)} overrode {override.gate} <Time at={override.at} />: {override.reason}
        </Notice>
      ))}
    </div>
  );
}

function Waits({ wave }: { wave: Schemas["WaveView"] }) {
  return (
    <>
      Waits before <b>{placeName(wave.stage, wave.wave)}</b>:{" "}
      {wave.waits_for.map((reason, index) => (
        <span key={`${reason.kind} ${reason.subject ?? ""}`}>
          {index > 0 && " · "}
          {reason.detail}, since <Time at={reason.since} as="clock" />
          {reason.until != null && (
            <>
              , <Left at={reason.until} />
            </>
          )}
        </span>
      ))}
    </>
  );
}
