import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { actorName, waveName } from "../../api/places";
import { useMay } from "../../app/access";
import { Button } from "../../design/Button";
import { Loaded, Notice } from "../../design/Page";
import { Sha, shortSha } from "../../design/Sha";
import { Chip } from "../../design/Status";
import { Left, Time } from "../../design/Time";
import { openApprove, openOverride, openReject } from "../actions/open";
import { safeLink } from "../log/ansi";
import styles from "./approvals.module.css";
import { evidenceOf, givenText, keyOf, type Waiting } from "./evidence";
import { evidence as evidenceQuery } from "./query";

/** What there is to see before somebody says yes or no. */
export function Review({ item, newer }: { item: Waiting; newer: Waiting | undefined }) {
  const { pipeline, release, gate } = item;
  const mayApprove = useMay("approve");
  const mayOverride = useMay("override");
  const evidence = useQuery(evidenceQuery(pipeline, release, gate.key));
  const of = { pipeline, release, gate: gate.key };
  const count = item.commits === 1 ? "1 commit" : `${item.commits} commits`;
  return (
    <section className={styles.review} aria-label={`Review of #${release}`}>
      <div className={styles.title}>
        <h2>
          {pipeline} · {waveName(item.stage, item.wave)}
        </h2>
        <p className="c-2">
          <Link className={styles.link} to="/p/$pipeline/releases/$number" params={{ pipeline, number: release }}>
            #{release}
          </Link>{" "}
          <Sha sha={item.sha} /> {item.title} · {item.author}
        </p>
      </div>
      <div className={styles.acts}>
        {mayApprove && (
          <>
            <Button look="primary" disabled={!gate.can_act} onClick={() => openApprove({ ...of, digest: item.digest })}>
              Approve {shortSha(item.sha)}
              {item.commits > 0 && ` · ${count}`}…
            </Button>
            <Button disabled={!gate.can_act} onClick={() => openReject(of)}>
              Reject…
            </Button>
          </>
        )}
        <span className="grow" />
        {mayOverride && (
          <Button look="danger" onClick={() => openOverride(of)}>
            Override the gate…
          </Button>
        )}
      </div>
      {!gate.can_act && <Notice tone="idle">You cannot decide this: {gate.cannot_because ?? "others must"}.</Notice>}
      {item.newer != null && (
        <Notice tone="wait">
          A newer release, <b>#{item.newer}</b>, waits here too and carries this one's commits.{" "}
          {newer !== undefined && (
            <Link className={styles.link} to="/approvals" search={(before) => ({ ...before, open: keyOf(newer) })}>
              Review #{item.newer} instead
            </Link>
          )}
        </Notice>
      )}
      <dl className={styles.facts}>
        <div>
          <dt>Seen so far</dt>
          <dd>
            <span className={styles.chips}>
              {evidenceOf(item.evidence).map(({ text, tone }) => (
                <Chip key={text} look={{ tone, glyph: tone === "ok" ? "check" : tone === "bad" ? "bad" : "warn" }}>
                  {text}
                </Chip>
              ))}
            </span>
          </dd>
        </div>
        <div>
          <dt>Asked</dt>
          <dd>
            <Time at={gate.asked_at ?? item.arrived_at} /> · {givenText(gate)}
            {gate.from.length > 0 && ` · by ${gate.from.join(", ")}`}
            {gate.expires_at != null && (
              <>
                {" · "}
                <Left at={gate.expires_at} over="the request is over" />
              </>
            )}
          </dd>
        </div>
        {gate.approvals.length > 0 && (
          <div>
            <dt>Given</dt>
            <dd>
              {gate.approvals.map((given) => (
                <p key={`${actorName(given.by)} ${given.at}`}>
                  <b>{actorName(given.by)}</b> <Time at={given.at} />
                  {given.reason !== "" && `: ${given.reason}`}
                </p>
              ))}
            </dd>
          </div>
        )}
      </dl>
      <Loaded query={evidence} rows={3}>
        {(seen) => (
          <div>
            {seen.involved_yourself && (
              <Notice tone="idle">You made or started some of this: where the pipeline asks for other eyes, others must approve.</Notice>
            )}
            <h3 className={styles.sub}>
              {seen.commits.length === 0
                ? "No commits that the wave does not run already"
                : `${count} that ${waveName(item.stage, item.wave)} does not run yet, by ${seen.authors.join(", ")}`}
              {seen.url != null && safeLink(seen.url) !== undefined && (
                <>
                  {" · "}
                  <a className={styles.link} href={safeLink(seen.url)} target="_blank" rel="noopener noreferrer">
                    the changes themselves
                  </a>
                </>
              )}
            </h3>
            <ul className={styles.commits}>
              {seen.commits.map((commit) => (
                <li key={commit.n}>
                  <Sha sha={commit.sha} />
                  <span className={styles.words}>{commit.title}</span>
                  <span className="c-3">{commit.author}</span>
                  <span className="c-3">
                    <Time at={commit.at} />
                  </span>
                </li>
              ))}
            </ul>
            {seen.is_cut && <p className="c-3">Older commits are left out here.</p>}
            {seen.may_act.length > 0 && <p className="c-2">Can approve: {seen.may_act.join(", ")}</p>}
          </div>
        )}
      </Loaded>
    </section>
  );
}
