import { useQuery } from "@tanstack/react-query";
import { me } from "../../api/queries";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Loaded, PageBody } from "../../design/Page";

export function SettingsPage() {
  const query = useQuery(me);
  useTitle("Settings");
  return (
    <>
      <Header title="Settings" />
      <PageBody label="Settings">
        <Loaded query={query}>{(data) => <p>{data.name}</p>}</Loaded>
      </PageBody>
    </>
  );
}
