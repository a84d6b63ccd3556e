import { EmptyState } from "../../design/Page";
import { Left } from "../../design/Time";
import { lookOf, type Node, nodeName } from "./release";

/** A node without a log: a bake, or a job that has not begun. */
export function NodeDetail({ node }: { node: Node }) {
  const look = lookOf(node);
  return (
    <EmptyState glyph={look.glyph} title={`${nodeName(node)}: ${look.word}`}>
      {node.reason !== "" && <p>{node.reason}</p>}
      {node.state === "baking" && node.bake_ends_at != null && (
        <p>
          Its alarms are watched: <Left at={node.bake_ends_at} over="the end of the bake is being judged" />
        </p>
      )}
      {node.kind === "job" && <p className="c-3">{node.attempts.length === 0 ? "No runner has it yet, so there is no log." : ""}</p>}
    </EmptyState>
  );
}
