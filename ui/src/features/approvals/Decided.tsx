import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { actorName } from "../../api/places";
import { audit } from "../../api/queries";
import { eventLook } from "../../design/events";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { Status } from "../../design/Status";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";

const kinds = ["approval_given", "approval_rejected", "approval_expired", "approval_voided"] as const;
const EACH = 50;

/** What was decided, newest first. */
export function Decided() {
  const [given, rejected, expired, voided] = [
    useQuery(audit({ kind: kinds[0], limit: EACH })),
    useQuery(audit({ kind: kinds[1], limit: EACH })),
    useQuery(audit({ kind: kinds[2], limit: EACH })),
    useQuery(audit({ kind: kinds[3], limit: EACH })),
  ];
  const others = [rejected, expired, voided].flatMap((query) => query.data?.items ?? []);
  return (
    <PageBody label="Decided approvals">
      <Loaded query={given}>
        {(data) => {
          const items = [...data.items, ...others].sort((one, other) => other.seq - one.seq).slice(0, EACH * 2);
          if (items.length === 0) return <EmptyState glyph="approval" title="Nothing has been decided yet" />;
          return (
            <table className={table.table}>
              <caption className="visually-hidden">Decided approvals</caption>
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">By</th>
                  <th scope="col">Pipeline</th>
                  <th scope="col">Release</th>
                  <th scope="col">Where</th>
                  <th scope="col">Reason</th>
                  <th scope="col">When</th>
                </tr>
              </thead>
              <tbody>
                {items.map((event) => (
                  <tr key={event.seq}>
                    <td>
                      <Status look={eventLook(event.type)} />
                    </td>
                    <td>{actorName(event.actor)}</td>
                    <td>{event.pipeline}</td>
                    <td className="num">
                      {event.release != null && (
                        <Link
                          className={table.link}
                          to="/p/$pipeline/releases/$number"
                          params={{ pipeline: event.pipeline, number: event.release }}
                          search={{ view: "gates" }}
                        >
                          #{event.release}
                        </Link>
                      )}
                    </td>
                    <td>{event.place}</td>
                    <td>{event.reason}</td>
                    <td className={table.nowrap}>
                      <Time at={event.at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Loaded>
    </PageBody>
  );
}
