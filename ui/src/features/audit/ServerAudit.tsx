import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { api, body } from "../../api/client";
import { actorName } from "../../api/places";
import { keys } from "../../api/queries";
import { buttonClass } from "../../design/Button";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";

/** Accounts, tokens, runners, connections: what was done to the server itself. For admins. */
export function ServerAudit() {
  const { cursor } = useSearch({ from: "/signed-in/audit" });
  const query = useQuery({
    queryKey: [...keys.audit, "server", cursor ?? null],
    queryFn: async ({ signal }) =>
      body(
        await api.GET("/api/v1/audit/server", { params: { query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } }, signal }),
      ),
  });
  return (
    <PageBody label="Server audit">
      <Loaded query={query}>
        {({ items, next_cursor }) =>
          items.length === 0 ? (
            <EmptyState glyph="list" title="Nothing has been done to the server yet" />
          ) : (
            <>
              <table className={table.table}>
                <caption className="visually-hidden">What was done to the server</caption>
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">Who</th>
                    <th scope="col">What</th>
                    <th scope="col">On</th>
                    <th scope="col">Details</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((row) => (
                    <tr key={row.seq}>
                      <td className={table.nowrap}>
                        <Time at={row.at} as="clock" />
                      </td>
                      <td>{actorName(row.actor)}</td>
                      <td>{row.action.replaceAll("_", " ")}</td>
                      <td>{row.subject}</td>
                      <td>
                        <code className="mono">{JSON.stringify(row.detail)}</code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {next_cursor != null && (
                <p>
                  <Link className={buttonClass()} to="/audit" search={(before) => ({ ...before, cursor: next_cursor })}>
                    Older
                  </Link>
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </PageBody>
  );
}
