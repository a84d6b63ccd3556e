import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { release as releaseQuery } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Glyph } from "../../design/glyphs";
import { EmptyState, Loaded, Loading } from "../../design/Page";
import { Segments } from "../../design/Segments";
import { useLive } from "../../live/use-live";
import { LogPanel } from "../log/LogPanel";
import { Artifacts } from "./Artifacts";
import { AttemptTitle } from "./AttemptTitle";
import { Events } from "./Events";
import { Gates } from "./Gates";
import { NodeDetail } from "./NodeDetail";
import { PlanView } from "./PlanView";
import { ReleaseActs } from "./ReleaseActs";
import { ReleaseHead } from "./ReleaseHead";
import { initialNode, type Node, type Release } from "./release";
import styles from "./release.module.css";
import { Waterfall } from "./Waterfall";
import { WhyFailed } from "./WhyFailed";

const Graph = lazy(async () => ({ default: (await import("./Graph")).Graph }));

const views = ["waterfall", "graph", "gates", "plan", "artifacts", "events"] as const;
type View = (typeof views)[number];

/** One release: what ran, when and how, why it failed or waits, and everything that it carries. */
export function ReleasePage() {
  const { pipeline, number } = useParams({ from: "/signed-in/p/$pipeline/releases/$number" });
  useLive(`p/${pipeline}`);
  const query = useQuery(releaseQuery(pipeline, number));
  useTitle(query.data ? `${query.data.state === "failed" ? "✕ " : ""}#${number}` : `#${number}`, pipeline);
  return <Loaded query={query}>{(data) => <Shown pipeline={pipeline} release={data} />}</Loaded>;
}

function Shown({ pipeline, release }: { pipeline: string; release: Release }) {
  const search = useSearch({ from: "/signed-in/p/$pipeline/releases/$number" });
  const view: View = views.find((each) => each === search.view) ?? "waterfall";
  const node = release.nodes.find((each) => each.key === search.node) ?? initialNode(release);
  return (
    <>
      <ReleaseHead pipeline={pipeline} release={release}>
        <ReleaseActs pipeline={pipeline} release={release} />
      </ReleaseHead>
      <div className={styles.views}>
        <Segments
          label="Views of this release"
          param="view"
          value={view}
          options={[
            { value: "waterfall", text: "Waterfall" },
            { value: "graph", text: "Graph" },
            { value: "gates", text: "Gates", count: release.gates.length },
            { value: "plan", text: "Plan" },
            { value: "artifacts", text: "Artifacts", count: release.artifacts.length },
            { value: "events", text: "Events" },
          ]}
        />
      </div>
      {view === "waterfall" && <WithLog pipeline={pipeline} release={release} node={node} />}
      {view === "graph" && (
        <Suspense fallback={<Loading rows={6} />}>
          <Graph pipeline={pipeline} release={release} selected={search.node} />
        </Suspense>
      )}
      {view === "gates" && <Gates pipeline={pipeline} release={release} />}
      {view === "plan" && <PlanView pipeline={pipeline} release={release} />}
      {view === "artifacts" && <Artifacts release={release} />}
      {view === "events" && <Events pipeline={pipeline} release={release} />}
    </>
  );
}

function WithLog({ pipeline, release, node }: { pipeline: string; release: Release; node: Node | undefined }) {
  const search = useSearch({ from: "/signed-in/p/$pipeline/releases/$number" });
  const navigate = useNavigate({ from: "/p/$pipeline/releases/$number" });
  const attempt = node?.attempts.find((each) => each.number === search.attempt) ?? node?.attempts.at(-1);
  return (
    <div className={styles.two}>
      <div className={styles.left}>
        <Waterfall pipeline={pipeline} release={release} selected={node?.key} attempt={attempt?.number} />
        <WhyFailed pipeline={pipeline} release={release} />
      </div>
      <section className={styles.right} aria-label={node === undefined ? "Log" : `Log of ${node.key}`}>
        {node === undefined ? (
          <EmptyState glyph="list" title="Nothing of this release has run yet">
            <p>Logs appear here as soon as its first job is on a runner.</p>
          </EmptyState>
        ) : attempt === undefined ? (
          <NodeDetail node={node} />
        ) : (
          <LogPanel
            attempt={attempt}
            title={
              <>
                <AttemptTitle node={node} attempt={attempt} />
                <Link
                  className={styles.whole}
                  aria-label="This log with the whole page for itself"
                  title="Whole page"
                  to="/p/$pipeline/releases/$number/log"
                  params={{ pipeline, number: release.number }}
                  search={{
                    node: node.key,
                    attempt: attempt.number,
                    ...(search.q === undefined ? {} : { q: search.q }),
                    ...(search.times ? { times: true } : {}),
                  }}
                  hash={true}
                >
                  <Glyph name="external" size={13} />
                </Link>
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
        )}
      </section>
    </div>
  );
}
