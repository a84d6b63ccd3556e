import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { release } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function LogPage() {
  const { pipeline, number } = useParams({ from: "/signed-in/p/$pipeline/releases/$number/log" });
  const query = useQuery(release(pipeline, number));
  useTitle(`Log #${number}`, pipeline);
  return (
    <PageBody label={`Log #${number}`}>
      <h2>Log #{number}</h2>
      <Loaded query={query}>{(data) => <p>{data.nodes.length} nodes</p>}</Loaded>
    </PageBody>
  );
}
