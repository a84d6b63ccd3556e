import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { release } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function ReleasePage() {
  const { pipeline, number } = useParams({ from: "/signed-in/p/$pipeline/releases/$number" });
  const query = useQuery(release(pipeline, number));
  useTitle(`Release #${number}`, pipeline);
  return (
    <PageBody label={`Release #${number}`}>
      <h2>Release #{number}</h2>
      <Loaded query={query}>{(data) => <p>{data.nodes.length} nodes</p>}</Loaded>
    </PageBody>
  );
}
