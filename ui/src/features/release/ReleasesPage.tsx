import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { releases } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function ReleasesPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/releases" });
  const query = useQuery(releases(pipeline));
  useTitle("Releases", pipeline);
  return (
    <PageBody label="Releases">
      <h2 className="visually-hidden">Releases</h2>
      <Loaded query={query}>{(data) => <p>{data.items.length} releases</p>}</Loaded>
    </PageBody>
  );
}
