import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { progress } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function CommitsPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/commits" });
  const query = useQuery(progress(pipeline));
  useTitle("Commits", pipeline);
  return (
    <PageBody label="Commits">
      <h2 className="visually-hidden">Commits</h2>
      <Loaded query={query}>{(data) => <p>{data.changes.length} commits</p>}</Loaded>
    </PageBody>
  );
}
