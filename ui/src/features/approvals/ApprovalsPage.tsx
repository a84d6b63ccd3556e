import { useQuery } from "@tanstack/react-query";
import { approvals } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function ApprovalsPage() {
  const query = useQuery(approvals);
  useTitle("Approvals");
  return (
    <>
      <Header title="Approvals" />
      <PageBody label="Approvals">
        <Loaded query={query}>{(data) => <p>{data.items.length} approvals</p>}</Loaded>
      </PageBody>
    </>
  );
}
