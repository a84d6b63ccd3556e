import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { releaseAdditions } from "../../api/queries";
import { Changes } from "../../design/Changes";
import { Loaded } from "../../design/Page";
import { Text } from "../../design/Text";
import { Time } from "../../design/Time";
import styles from "./release.module.css";

type Addition = Schemas["AdditionAnswer"];

/** What jobs of the release have added to its plan: by whom, what, and what is different from what they added last time (D1 to D3). */
export function Additions({ pipeline, number }: { pipeline: string; number: number }) {
  const query = useQuery(releaseAdditions(pipeline, number));
  return (
    <Loaded query={query}>
      {(additions) =>
        additions.length > 0 && (
          <section className={styles.additions} aria-label="Added by jobs">
            <h2>Added by jobs of this release</h2>
            <ol>
              {additions.map((addition) => (
                <li key={addition.number}>
                  <One pipeline={pipeline} release={number} addition={addition} />
                </li>
              ))}
            </ol>
          </section>
        )
      }
    </Loaded>
  );
}

function One({ pipeline, release, addition }: { pipeline: string; release: number; addition: Addition }) {
  const parts = [
    ["adds", [...addition.added, ...addition.stages.map((stage) => `stage ${stage}`)]],
    ["in the place of", addition.replaced],
    ["takes back", addition.withdrawn],
  ] as const;
  const { last_time } = addition;
  return (
    <article aria-label={`Addition ${addition.number}`}>
      <p>
        <Link
          className="mono"
          to="/p/$pipeline/releases/$number"
          params={{ pipeline, number: release }}
          search={{ node: addition.by, attempt: addition.attempt }}
        >
          {addition.by}
        </Link>
        {addition.attempt > 1 && <span className="c-2">, attempt {addition.attempt}</span>}{" "}
        <span className="c-3">
          <Time at={addition.at} />
        </span>
      </p>
      <dl className={styles.inputs}>
        {parts
          .filter(([, keys]) => keys.length > 0)
          .map(([what, keys]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd className="mono">{keys.join(", ")}</dd>
            </div>
          ))}
      </dl>
      {last_time == null ? (
        <p className="c-2">It has added nothing in the releases before.</p>
      ) : last_time.is_same ? (
        <p className="c-2">The same as in #{last_time.release}.</p>
      ) : (
        <>
          <p className="c-2">Different from what it added in #{last_time.release}:</p>
          <Changes label={`What is different from #${last_time.release}`} text={last_time.difference} />
        </>
      )}
      {addition.text !== "" && (
        <details>
          <summary>As it came</summary>
          <Text label={`What ${addition.by} added`}>{addition.text}</Text>
        </details>
      )}
    </article>
  );
}
