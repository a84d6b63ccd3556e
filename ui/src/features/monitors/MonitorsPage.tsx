import { useQuery } from "@tanstack/react-query";
import { monitors } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function MonitorsPage() {
  const query = useQuery(monitors);
  useTitle("Monitors");
  return (
    <>
      <Header title="Monitors" />
      <PageBody label="Monitors">
        <Loaded query={query}>{(data) => <p>{data.items.length} monitors</p>}</Loaded>
      </PageBody>
    </>
  );
}
