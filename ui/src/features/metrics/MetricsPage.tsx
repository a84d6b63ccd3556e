import { useParams } from "@tanstack/react-router";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { EmptyState, PageBody } from "../../design/Page";

export function MetricsPage() {
  const { pipeline } = useParams({ strict: false });
  useTitle("Metrics", pipeline);
  return (
    <>
      {pipeline === undefined && <Header title="Metrics" />}
      <PageBody label="Metrics">
        <EmptyState glyph="metrics" title="No figures yet" />
      </PageBody>
    </>
  );
}
