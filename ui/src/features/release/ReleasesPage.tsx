import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { releases } from "../../api/queries";
import { useTitle } from "../../app/title";
import { buttonClass } from "../../design/Button";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { Sha } from "../../design/Sha";
import { Chip, Status } from "../../design/Status";
import { releaseLook } from "../../design/state";
import table from "../../design/Table.module.css";
import { Time, Took } from "../../design/Time";
import { useLive } from "../../live/use-live";
import styles from "./release.module.css";

/** Every release of a pipeline, newest first. */
export function ReleasesPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/releases" });
  const { cursor } = useSearch({ from: "/signed-in/p/$pipeline/releases" });
  useLive(`p/${pipeline}`);
  const query = useQuery(releases(pipeline, { limit: 50, ...(cursor === undefined ? {} : { cursor }) }));
  useTitle("Releases", pipeline);
  return (
    <PageBody label="Releases">
      <h2 className="visually-hidden">Releases</h2>
      <Loaded query={query}>
        {({ items, next_cursor }) =>
          items.length === 0 ? (
            <EmptyState glyph="commit" title="No releases yet">
              <p>Push to the branch that this pipeline follows, or start one by hand.</p>
            </EmptyState>
          ) : (
            <>
              <table className={table.table}>
                <caption className="visually-hidden">Releases of {pipeline}</caption>
                <thead>
                  <tr>
                    <th scope="col">Release</th>
                    <th scope="col">State</th>
                    <th scope="col">Commit</th>
                    <th scope="col">By</th>
                    <th scope="col">Created</th>
                    <th scope="col">Took</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((item) => (
                    <Row key={item.number} pipeline={pipeline} item={item} />
                  ))}
                </tbody>
              </table>
              <nav className={styles.pages} aria-label="Pages">
                {cursor !== undefined && (
                  <Link className={buttonClass()} to="/p/$pipeline/releases" params={{ pipeline }}>
                    Newest
                  </Link>
                )}
                {next_cursor != null && (
                  <Link className={buttonClass()} to="/p/$pipeline/releases" params={{ pipeline }} search={{ cursor: next_cursor }}>
                    Older
                  </Link>
                )}
              </nav>
            </>
          )
        }
      </Loaded>
    </PageBody>
  );
}

function Row({ pipeline, item }: { pipeline: string; item: Schemas["Page_ReleaseSummary"]["items"][number] }) {
  const [revision] = item.revisions;
  return (
    <tr>
      <td className="num">
        <Link className={styles.link} to="/p/$pipeline/releases/$number" params={{ pipeline, number: item.number }}>
          #{item.number}
        </Link>
      </td>
      <td>
        <span className={styles.states}>
          <Status look={releaseLook(item.state)} />
          {item.superseded_by != null && (
            <Link className="c-3" to="/p/$pipeline/releases/$number" params={{ pipeline, number: item.superseded_by }}>
              carried by #{item.superseded_by}
            </Link>
          )}
          {item.quarantine != null && <Chip look={{ glyph: "warn", tone: "bad" }}>quarantined</Chip>}
          {item.overrides.length > 0 && <Chip look={{ glyph: "flag", tone: "wait" }}>overridden</Chip>}
        </span>
      </td>
      <td className={styles.commit}>
        {revision && <Sha sha={revision.commit} />} <span>{revision?.title}</span>
      </td>
      <td>{revision?.author}</td>
      <td className={table.nowrap}>
        <Time at={item.created_at} />
      </td>
      <td className={table.nowrap}>
        <Took from={item.created_at} to={item.ended_at} />
      </td>
    </tr>
  );
}
