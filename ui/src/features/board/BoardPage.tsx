import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { board } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function BoardPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/" });
  const query = useQuery(board(pipeline));
  useTitle("Board", pipeline);
  return (
    <PageBody label="Board">
      <h2 className="visually-hidden">Board</h2>
      <Loaded query={query}>{(data) => <p>{data.stages.length} stages</p>}</Loaded>
    </PageBody>
  );
}
