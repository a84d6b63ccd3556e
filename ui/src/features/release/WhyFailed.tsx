import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { buttonClass } from "../../design/Button";
import { failingLine } from "./failing-line";
import { type Node, newestAttempt, nodeName, outcomeText, passedElsewhere, type Release, troubles } from "./release";
import styles from "./release.module.css";

/** Why it failed, in a sentence, with the first line that says so and where the same went well. */
export function WhyFailed({ pipeline, release }: { pipeline: string; release: Release }) {
  const wrong = troubles(release);
  const [first] = wrong;
  if (first === undefined) return null;
  return <Why pipeline={pipeline} release={release} node={first} others={wrong.length - 1} />;
}

function Why({ pipeline, release, node, others }: { pipeline: string; release: Release; node: Node; others: number }) {
  const attempt = newestAttempt(node);
  const line = useQuery(failingLine(attempt)).data;
  const twin = passedElsewhere(release, node);
  const number = release.number;
  const tried = node.attempts.length > 1 ? ` (${node.attempts.length} attempts)` : "";
  const said = attempt?.summary || outcomeText(attempt?.outcome) || node.reason;
  return (
    <section className={styles.why} aria-label="Why it failed">
      <h3>{node.state === "failed" ? "Why it failed" : "Why it is unclear"}</h3>
      <p>
        <b>{nodeName(node)}</b>
        {said !== "" && `: ${said}`}
        {tried}.{node.reason !== "" && node.reason !== said && ` ${node.reason}.`}
        {twin !== undefined && ` The same passed at ${twin.target ?? twin.name}.`}
        {others > 0 && ` ${others} more did not go well.`}
      </p>
      {line && <code className={`mono ${styles.said}`}>{line.text.slice(0, 400)}</code>}
      <div className={styles.acts}>
        {line && attempt && (
          <Link
            className={buttonClass("plain", true)}
            to="/p/$pipeline/releases/$number"
            params={{ pipeline, number }}
            search={{ node: node.key, attempt: attempt.number }}
            hash={`L${line.line + 1}`}
          >
            Jump to line {(line.line + 1).toLocaleString("en")}
          </Link>
        )}
        {twin && (
          <Link
            className={buttonClass("plain", true)}
            to="/p/$pipeline/releases/$number"
            params={{ pipeline, number }}
            search={{ node: twin.key }}
          >
            Log of {twin.target ?? twin.name}
          </Link>
        )}
      </div>
    </section>
  );
}
