import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { messageOf } from "../../api/problem";
import { progress } from "../../api/queries";
import { useTitle } from "../../app/title";
import { EmptyState, ErrorState, Loading, Notice } from "../../design/Page";
import { useLive } from "../../live/use-live";
import styles from "./Commits.module.css";
import { CommitsView } from "./CommitsView";
import { isBlocked } from "./gate";
import { frontReach, waitingGates } from "./summary";
import { type Change as Choice, choose, limitOf } from "./view-state";

/** Where every commit is, and why it waits (S1). */
export function CommitsPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/commits" });
  const state = useSearch({ from: "/signed-in/p/$pipeline/commits" });
  const navigate = useNavigate({ from: "/p/$pipeline/commits" });
  useLive(`p/${pipeline}`);
  const [front, setFront] = useState<number>();
  const query = useQuery({ ...progress(pipeline, limitOf(state, front)), placeholderData: keepPreviousData });
  const { data } = query;
  // What runs furthest behind belongs to the picture: where more commits are on their way than a page has, more are asked for.
  const reach = data === undefined ? undefined : frontReach(data.stages, data.changes[0]);
  if (reach !== undefined && limitOf({}, reach) > limitOf({}, front)) setFront(reach);
  const blocked = data !== undefined && waitingGates(data.stages).some(({ gate }) => isBlocked(gate));
  useTitle(blocked ? `✕ ${pipeline}` : pipeline, "Commits");
  const onChoose = useCallback(
    // Typing replaces the address, everything else can be undone with the browser's Back.
    (change: Choice) => void navigate({ search: (now) => choose(now, change), replace: "q" in change }),
    [navigate],
  );
  return (
    <div className={styles.page}>
      <h2 className="visually-hidden">Commits</h2>
      {data === undefined ? (
        query.isError ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading rows={16} label="Loading commits" />
        )
      ) : data.changes.length === 0 && data.stages.length === 0 ? (
        <EmptyState title="No commits yet">
          <p>Push to the branch that this pipeline follows, or start a release. Every commit then shows here how far it has come.</p>
        </EmptyState>
      ) : (
        <>
          {query.isError && <Notice tone="bad">Not up to date: {messageOf(query.error)}</Notice>}
          <CommitsView pipeline={pipeline} data={data} state={state} isLoadingMore={query.isPlaceholderData} onChoose={onChoose} />
        </>
      )}
    </div>
  );
}
