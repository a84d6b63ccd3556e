import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { forgeApp } from "../../api/queries";
import { Button, buttonClass } from "../../design/Button";
import { Loaded, Notice } from "../../design/Page";
import { Status } from "../../design/Status";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import { safeLink } from "../log/ansi";
import { answered, failures, lacking } from "./github";
import styles from "./settings.module.css";

/** The App as GitHub sees it: what it may do, where it is installed, and what became of its last web hooks. */
export function AppAtGitHub() {
  const query = useQuery(forgeApp);
  return (
    <section className={styles.card} aria-labelledby="app-at-github">
      <div className={styles.bar}>
        <h2 id="app-at-github">The App at GitHub</h2>
        <span className="grow" />
        <Button small onClick={() => void query.refetch()} sending={query.isFetching}>
          Ask GitHub again
        </Button>
      </div>
      <Loaded query={query} rows={4}>
        {(app) => (
          <>
            <Facts app={app} />
            <Permissions app={app} />
            <Deliveries app={app} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function Facts({ app }: { app: Schemas["AppView"] }) {
  const missing = lacking(app);
  return (
    <>
      <dl className={styles.facts}>
        <dt>App</dt>
        <dd>
          <Out href={app.url}>{app.name}</Out> of {app.owner}
        </dd>
        <dt>Installed at</dt>
        <dd>
          {app.installations.length === 0 && "nobody yet"}
          <ul className={styles.plain}>
            {app.installations.map((each) => (
              <li key={each.url}>
                <Out href={each.url}>{each.account}</Out>,{" "}
                {each.every_repository ? "every repository" : "the repositories that were chosen"}
                {each.suspended && <b className="c-bad"> · suspended: GitHub lets it do nothing there</b>}
              </li>
            ))}
          </ul>
        </dd>
      </dl>
      {app.installations.length === 0 && (
        <Notice tone="wait">It reads and shows nothing until it is installed for the repositories that it shall see.</Notice>
      )}
      {missing.map((text) => (
        <Notice key={text} tone="bad">
          {text}
        </Notice>
      ))}
      <div>
        <a
          className={buttonClass(app.installations.length === 0 ? "primary" : "plain", app.installations.length > 0)}
          href={safeLink(app.install_url)}
          rel="noopener noreferrer"
        >
          {app.installations.length === 0 ? "Install it at GitHub" : "Install it for more"}
        </a>
      </div>
    </>
  );
}

function Permissions({ app }: { app: Schemas["AppView"] }) {
  return (
    <div className={table.frame}>
      <table className={table.table}>
        <caption>Permissions</caption>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            <th scope="col">It has</th>
            <th scope="col">Needed</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {app.permissions.map((each) => (
            <tr key={each.name}>
              <td className="mono">{each.name}</td>
              <td>{each.granted ?? "–"}</td>
              <td>{each.needed ?? "–"}</td>
              <td>
                {each.is_lacking ? (
                  <Status look={{ glyph: "bad", tone: "bad", word: "too little" }} />
                ) : each.needed == null ? (
                  <Status look={{ glyph: "warn", tone: "wait", word: "not needed" }} />
                ) : (
                  <Status look={{ glyph: "ok", tone: "ok", word: "right" }} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Deliveries({ app }: { app: Schemas["AppView"] }) {
  if (app.deliveries == null) {
    return <Notice tone="idle">GitHub sends this App no web hooks: repositories are asked at intervals.</Notice>;
  }
  if (app.deliveries.length === 0) return <Notice tone="idle">GitHub has sent no web hook yet.</Notice>;
  const failed = failures(app.deliveries);
  return (
    <>
      {failed !== undefined && <Notice tone="wait">{failed}</Notice>}
      <div className={table.frame}>
        <table className={table.table}>
          <caption>Last web hooks</caption>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Answer</th>
              <th scope="col">Sent</th>
            </tr>
          </thead>
          <tbody>
            {app.deliveries.map((each) => (
              <tr key={`${each.id} ${each.at}`}>
                <td>
                  {each.event}
                  {each.is_again && <span className="c-3"> again</span>}
                </td>
                <td>
                  <Status look={answered(each)} />
                </td>
                <td className={table.nowrap}>{each.at != null && <Time at={each.at} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Out({ href, children }: { href: string; children: string }) {
  const safe = safeLink(href);
  if (safe === undefined) return <b>{children}</b>;
  return (
    <a className={table.link} href={safe} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
