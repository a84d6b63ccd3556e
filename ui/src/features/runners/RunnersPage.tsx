import { useQuery } from "@tanstack/react-query";
import { runners } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function RunnersPage() {
  const query = useQuery(runners);
  useTitle("Runners");
  return (
    <>
      <Header title="Runners" />
      <PageBody label="Runners">
        <Loaded query={query}>{(data) => <p>{data.items.length} runners</p>}</Loaded>
      </PageBody>
    </>
  );
}
