import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { targets } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function TargetsPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/targets" });
  const query = useQuery(targets(pipeline));
  useTitle("Targets", pipeline);
  return (
    <PageBody label="Targets">
      <h2 className="visually-hidden">Targets</h2>
      <Loaded query={query}>{(data) => <p>{data.items.length} targets</p>}</Loaded>
    </PageBody>
  );
}
