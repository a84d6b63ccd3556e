import { Chip } from "../../design/Status";
import { Took } from "../../design/Time";
import { type Attempt, attemptLook, type Node, nodeName, outcomeText } from "./release";
import styles from "./release.module.css";

/** Which job, which attempt, how it went and for how long. */
export function AttemptTitle({ node, attempt, as: Heading = "h3" }: { node: Node; attempt: Attempt; as?: "h2" | "h3" }) {
  const look = attemptLook(attempt);
  return (
    <div className={styles.attemptTitle}>
      <Heading className="cut" title={nodeName(node)}>
        {nodeName(node)}
      </Heading>
      {node.attempts.length > 1 && <span className="c-2">attempt {attempt.number}</span>}
      {attempt.kind.kind === "rollback" && <span className="c-2">takes #{attempt.kind.of} back</span>}
      {attempt.kind.kind === "inspect" && <span className="c-2">inspection</span>}
      <Chip look={look}>{shortOutcome(attempt, look.word)}</Chip>
      <span className="num c-3">
        <Took from={attempt.leased_at ?? attempt.queued_at} to={attempt.ended_at} />
      </span>
    </div>
  );
}

function shortOutcome(attempt: Attempt, word: string): string {
  const { outcome } = attempt;
  if (outcome?.kind === "failed") return `exit ${outcome.exit_code}`;
  if (outcome?.kind === "timed_out") return "timed out";
  return outcome == null || outcome.kind === "succeeded" || outcome.kind === "cancelled" || outcome.kind === "error"
    ? word
    : outcomeText(outcome);
}
