import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Schemas } from "../../api/client";
import { board } from "../../api/queries";
import { useTitle } from "../../app/title";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { useLive } from "../../live/use-live";
import { Activity } from "./Activity";
import { AttentionList } from "./AttentionList";
import styles from "./Board.module.css";
import { BoardContext } from "./context";
import { Lane } from "./Lane";
import { lanes } from "./layout";

/** The whole path of a pipeline: what runs where, what waits and why, and what needs a person. */
export function BoardPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/" });
  useLive(`p/${pipeline}`);
  const query = useQuery(board(pipeline));
  useTitle(pipeline);
  return (
    <PageBody label="Board">
      <Loaded query={query}>{(data) => <Board pipeline={pipeline} data={data} />}</Loaded>
    </PageBody>
  );
}

function Board({ pipeline, data }: { pipeline: string; data: Schemas["BoardAnswer"] }) {
  const byNumber = useMemo(() => new Map(data.changes.map((change) => [change.n, change])), [data.changes]);
  const context = useMemo(() => ({ pipeline, changes: byNumber, holds: data.holds }), [pipeline, byNumber, data.holds]);
  const made = useMemo(() => lanes(data.stages), [data.stages]);
  if (data.stages.length === 0) {
    return (
      <EmptyState title="No release yet">
        <p>The path appears here with the first release. Push to the branch that this pipeline follows, or start one.</p>
      </EmptyState>
    );
  }
  const [first, ...rest] = made;
  const beside = first !== undefined && first.name === undefined;
  return (
    <BoardContext value={context}>
      <div className={styles.first}>
        {beside && <Lane lane={first} />}
        <AttentionList items={data.attention} />
      </div>
      {(beside ? rest : made).map((lane) => (
        <Lane key={lane.key} lane={lane} />
      ))}
      <Activity events={data.events} />
    </BoardContext>
  );
}
