import { useQuery } from "@tanstack/react-query";
import { audit } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function AuditPage() {
  const query = useQuery(audit());
  useTitle("Audit log");
  return (
    <>
      <Header title="Audit log" />
      <PageBody label="Audit log">
        <Loaded query={query}>{(data) => <p>{data.items.length} events</p>}</Loaded>
      </PageBody>
    </>
  );
}
