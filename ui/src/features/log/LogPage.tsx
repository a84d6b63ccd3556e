import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { release } from "../../api/queries";
import { useTitle } from "../../app/title";
import { EmptyState, Loaded } from "../../design/Page";
import { useLive } from "../../live/use-live";
import { AttemptTitle } from "../release/AttemptTitle";
import { initialNode, nodeName } from "../release/release";
import { LogPanel } from "./LogPanel";

/** A log with the whole page for itself. */
export function LogPage() {
  const { pipeline, number } = useParams({ from: "/signed-in/p/$pipeline/releases/$number/log" });
  const search = useSearch({ from: "/signed-in/p/$pipeline/releases/$number/log" });
  const navigate = useNavigate({ from: "/p/$pipeline/releases/$number/log" });
  useLive(`p/${pipeline}`);
  const query = useQuery(release(pipeline, number));
  const node =
    query.data && (query.data.nodes.find((each) => each.key === search.node) ?? (search.node ? undefined : initialNode(query.data)));
  const attempt = node?.attempts.find((each) => each.number === search.attempt) ?? (search.attempt ? undefined : node?.attempts.at(-1));
  useTitle(node ? `${nodeName(node)} log` : "Log", `#${number}`, pipeline);
  return (
    <Loaded query={query}>
      {() =>
        node === undefined || attempt === undefined ? (
          <EmptyState glyph="list" title="There is no such log">
            <p>
              {search.node ? `Nothing of ${search.node} has run in this release` : "Nothing of this release has run yet"}
              {search.attempt ? `, or it has no attempt ${search.attempt}` : ""}.{" "}
              <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number }}>
                Release #{number}
              </Link>
            </p>
          </EmptyState>
        ) : (
          <LogPanel
            attempt={attempt}
            title={
              <>
                <Link to="/p/$pipeline/releases/$number" params={{ pipeline, number }} search={{ node: node.key }}>
                  #{number}
                </Link>
                <AttemptTitle node={node} attempt={attempt} as="h2" />
              </>
            }
            q={search.q ?? ""}
            withTimes={search.times ?? false}
            onTimes={(times) =>
              void navigate({
                search: (before) => ({ ...before, times: times ? true : undefined }) as typeof before,
                hash: true,
                replace: true,
              })
            }
            onSearch={(q) =>
              void navigate({
                search: (before) => ({ ...before, q: q === "" ? undefined : q }) as typeof before,
                hash: true,
                replace: true,
              })
            }
          />
        )
      }
    </Loaded>
  );
}
