import { useParams } from "@tanstack/react-router";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { EmptyState, PageBody } from "../../design/Page";

export function ConfigPage() {
  const { pipeline } = useParams({ strict: false });
  const title = pipeline === undefined ? "Validate" : "Config";
  useTitle(title, pipeline);
  return (
    <>
      {pipeline === undefined && <Header title={title} />}
      <PageBody label={title}>
        <EmptyState glyph="list" title="Nothing to validate yet" />
      </PageBody>
    </>
  );
}
