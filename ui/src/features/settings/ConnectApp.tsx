import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../../api/client";
import { messageOf } from "../../api/problem";
import { useMay } from "../../app/access";
import { Button } from "../../design/Button";
import { Field } from "../../design/Field";
import { Notice } from "../../design/Page";
import { Secret } from "../../design/Secret";
import { connectCommand, hearsNothing, post } from "./github";
import styles from "./settings.module.css";

/** How this server becomes an App of GitHub's: by one press, or by a command where its configuration must say it. */
export function ConnectApp({ view }: { view: Schemas["ForgesView"] }) {
  const mayConnect = useMay("users");
  const because = view.github.makes_none_because;
  if (because != null) return <ByCommand view={view} because={because} />;
  if (!mayConnect) return <Notice tone="idle">An admin can make this server a GitHub App here.</Notice>;
  return <InTheBrowser view={view} />;
}

function InTheBrowser({ view }: { view: Schemas["ForgesView"] }) {
  const [organisation, setOrganisation] = useState("");
  const [name, setName] = useState("Tidegate");
  const order = useMutation({
    mutationFn: async () => {
      const owner = organisation.trim();
      const named = { name: name.trim(), ...(owner === "" ? {} : { organisation: owner }) };
      return body(await api.POST("/api/v1/forges/github/app", { body: named }));
    },
    onSuccess: (form) => post(form),
  });
  return (
    <form
      className={styles.connect}
      aria-labelledby="connect-app"
      onSubmit={(event) => {
        event.preventDefault();
        order.mutate();
      }}
    >
      <h3 id="connect-app">Make it a GitHub App</h3>
      {order.isError && <Notice tone="bad">{messageOf(order.error)}</Notice>}
      {hearsNothing(view) && (
        <Notice tone="wait">
          GitHub cannot reach <span className="mono">{view.public_url}</span>: the App will get no web hooks, and repositories are only
          asked at intervals. Set public_url first, if this server has another address.
        </Notice>
      )}
      <Field
        label="Organisation"
        hint="Whose repositories it shall see. Left empty: those of your own account at GitHub."
        autoComplete="off"
        value={organisation}
        onChange={(event) => setOrganisation(event.target.value)}
      />
      <Field
        label="Name of the App"
        hint="One of its kind at GitHub, where you can still change it."
        required
        maxLength={34}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <p className="c-2">
        GitHub shows what the App may do, and no more: read Contents and Metadata; read and write Checks, Commit statuses, Deployments and
        Pull requests. Its key goes to this server's own folder, and no page ever shows it.
      </p>
      <div>
        <Button type="submit" look="primary" sending={order.isPending || order.isSuccess} disabled={name.trim() === ""}>
          Make the App at GitHub
        </Button>
      </div>
    </form>
  );
}

function ByCommand({ view, because }: { view: Schemas["ForgesView"]; because: string }) {
  return (
    <>
      <h3>Connect it</h3>
      <Notice tone="idle">No App is made from this page: {because}.</Notice>
      <ol className={styles.steps}>
        <li>
          On the server's machine, run this. It leads you to GitHub, where one press makes an App that may do no more than is needed.
          <Secret label="Command" text={connectCommand(view)} />
        </li>
        <li>Add the lines that it writes to the server's configuration, and restart the server.</li>
        <li>Install the App for the repositories that it shall see, and connect them here.</li>
      </ol>
    </>
  );
}
