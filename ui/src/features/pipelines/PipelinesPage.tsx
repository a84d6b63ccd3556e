import { useQuery } from "@tanstack/react-query";
import { pipelines } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function PipelinesPage() {
  const query = useQuery(pipelines());
  useTitle("Pipelines");
  return (
    <>
      <Header title="Pipelines" />
      <PageBody label="Pipelines">
        <Loaded query={query}>{(data) => <p>{data.items.length} pipelines</p>}</Loaded>
      </PageBody>
    </>
  );
}
