import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queue } from "../../api/queries";
import { EmptyState } from "../../design/Page";

/** What stands where a log will be: why no runner has the job yet, in the server's words. */
export function Queued({ attempt }: { attempt: string }) {
  const waiting = useQuery(queue).data?.items.find((item) => item.attempt === attempt);
  return (
    <EmptyState title="No runner has it yet" glyph="queued">
      {waiting !== undefined && <p>{waiting.reason}</p>}
      <p>
        <Link to="/runners">All runners, and what waits for them</Link>
      </p>
    </EmptyState>
  );
}
