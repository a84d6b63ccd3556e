import { useSearch } from "@tanstack/react-router";
import { useMay, useMe } from "../../app/access";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { PageBody } from "../../design/Page";
import { Segments } from "../../design/Segments";
import { GitHubTab } from "./GitHubTab";
import { Looks } from "./Looks";
import { Members } from "./Members";
import { RunnersTab } from "./RunnersTab";
import { Tokens } from "./Tokens";

/** What a reader chose for this browser, their tokens, and who may do what. */
export function SettingsPage() {
  const search = useSearch({ from: "/signed-in/settings" });
  const me = useMe();
  const mayManage = useMay("users");
  const mayConnect = useMay("connect");
  const tabs = ["tokens", "runners", ...(mayConnect ? ["github"] : []), ...(mayManage ? ["members"] : [])];
  const tab = tabs.find((each) => each === search.tab) ?? "looks";
  useTitle("Settings");
  return (
    <>
      <Header title="Settings">
        <Segments
          label="Settings"
          param="tab"
          value={tab}
          options={[
            { value: "looks", text: "Appearance" },
            { value: "tokens", text: "Tokens" },
            { value: "runners", text: "Runners" },
            ...(mayConnect ? [{ value: "github", text: "GitHub" }] : []),
            ...(mayManage ? [{ value: "members", text: "Members" }] : []),
          ]}
        />
      </Header>
      <PageBody label="Settings">
        {me !== undefined && (
          <p className="c-2">
            Signed in as <b>{me.name}</b>, {me.role}
            {me.groups.length > 0 && `; in ${me.groups.join(", ")}`}
          </p>
        )}
        {tab === "looks" && <Looks />}
        {tab === "tokens" && <Tokens />}
        {tab === "runners" && <RunnersTab />}
        {tab === "github" && <GitHubTab />}
        {tab === "members" && <Members />}
      </PageBody>
    </>
  );
}
