import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { forges } from "../../api/queries";
import { EmptyState, Loaded, Notice } from "../../design/Page";
import { Status } from "../../design/Status";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import { AppAtGitHub } from "./AppAtGitHub";
import { ConnectApp } from "./ConnectApp";
import { notMadeBecause, standing } from "./github";
import styles from "./settings.module.css";

/** What the server is at GitHub, how to connect it, and whether its repositories can be read. */
export function GitHubTab() {
  return (
    <Loaded query={useQuery(forges)}>
      {(data) => (
        <>
          <Connection view={data} />
          {data.github.acts_as === "app" && <AppAtGitHub />}
          <Sources sources={data.sources} />
        </>
      )}
    </Loaded>
  );
}

function Connection({ view }: { view: Schemas["ForgesView"] }) {
  const { github } = view;
  const { look, text } = standing(github);
  const { refused } = useSearch({ from: "/signed-in/settings" });
  return (
    <section className={styles.card} aria-labelledby="github">
      <h2 id="github">GitHub</h2>
      {refused !== undefined && <Notice tone="bad">{notMadeBecause(refused)}</Notice>}
      <p>
        <Status look={look} /> · {text}
      </p>
      <dl className={styles.facts}>
        <dt>Address</dt>
        <dd className="mono">{github.url}</dd>
        <dt>Web hooks</dt>
        <dd>{github.takes_web_hooks ? "a push is heard at once" : "no secret is set: repositories are only asked at intervals"}</dd>
        <dt>Sign-in</dt>
        <dd>{github.signs_in ? "people can sign in with GitHub" : "off: people sign in with passwords"}</dd>
        <dt>Approve at checks</dt>
        <dd>{github.approves_at_checks ? "gates can be opened beside a check" : "off"}</dd>
      </dl>
      {github.acts_as !== "app" && <ConnectApp view={view} />}
    </section>
  );
}

function Sources({ sources }: { sources: readonly Schemas["FollowedSource"][] }) {
  if (sources.length === 0) {
    return (
      <EmptyState title="No repository is connected">
        <p>
          Connect one from{" "}
          <Link className={table.link} to="/">
            Pipelines
          </Link>
          .
        </p>
      </EmptyState>
    );
  }
  return (
    <table className={table.table}>
      <caption className="visually-hidden">Repositories that are followed</caption>
      <thead>
        <tr>
          <th scope="col">Pipeline</th>
          <th scope="col">Repository</th>
          <th scope="col">Branch</th>
          <th scope="col">Last look</th>
        </tr>
      </thead>
      <tbody>
        {sources.map((source) => (
          <tr key={`${source.pipeline} ${source.repository} ${source.branch}`}>
            <td>
              <Link className={table.link} to="/p/$pipeline/config" params={{ pipeline: source.pipeline }}>
                {source.pipeline}
              </Link>
            </td>
            <td className="mono">{source.repository}</td>
            <td>{source.branch}</td>
            <td>
              {source.last_error == null ? (
                <Status look={{ glyph: "ok", tone: "ok", word: source.last_polled_at == null ? "not yet" : "read" }} />
              ) : (
                <Status look={{ glyph: "bad", tone: "bad", word: "failed" }} />
              )}{" "}
              {source.last_polled_at != null && <Time at={source.last_polled_at} />}
              {source.last_error != null && <p className="c-bad">{source.last_error}</p>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
