import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { scopeName } from "../../api/places";
import { useMay } from "../../app/access";
import { Button, buttonClass } from "../../design/Button";
import { Glyph } from "../../design/glyphs";
import { Time } from "../../design/Time";
import { localTimes } from "../../design/time";
import { openApprove, openLift, openResolve } from "../actions/open";
import { failingLine } from "../release/failing-line";
import { attentionRow, grouped, type Row } from "./attention";
import styles from "./Board.module.css";
import { useBoard } from "./context";

const SHOWN = 5;

/** What needs a person, most urgent first. */
export function AttentionList({ items }: { items: readonly Schemas["Attention"][] }) {
  const { holds } = useBoard();
  const groups = grouped(items);
  return (
    <section className={styles.attention} aria-labelledby="attention">
      <h2 className={styles.panelHead} id="attention">
        Needs attention
        <span className="grow" />
        <span className="c-3 num">{groups.length}</span>
      </h2>
      {items.length === 0 ? (
        <p className={styles.calm}>
          <Glyph name="check" size={14} /> Nothing needs a person now.
        </p>
      ) : (
        <ul>
          {groups.slice(0, SHOWN).map(({ item, others }) => {
            const hold = item.kind === "held" ? holds.find((each) => each.id === (item.hold ?? item.subject)) : undefined;
            const row = attentionRow(item, others);
            const title = hold ? `${capital(scopeName(hold.scope))} is held` : row.title;
            return (
              <li key={`${item.kind} ${item.subject ?? ""} ${item.target ?? ""} ${item.release ?? ""}`}>
                <span className={`c-${row.tone}`}>
                  <Glyph name={row.glyph} />
                </span>
                <div>
                  <p className={styles.attentionTitle}>{title}</p>
                  <p className={styles.attentionDetail}>
                    {hold ? `${hold.by}: ${hold.reason}` : localTimes(row.detail, Date.now())}
                    {item.since != null && (
                      <>
                        {" · "}
                        <Time at={item.since} />
                      </>
                    )}
                  </p>
                  {item.kind === "failed" && item.attempt != null && <Said attempt={item.attempt} />}
                </div>
                <Act item={item} act={row.act} hold={hold} />
              </li>
            );
          })}
          {groups.length > SHOWN && <li className={styles.attentionMore}>and {groups.length - SHOWN} more</li>}
        </ul>
      )}
    </section>
  );
}

/** The first line of the job's log that says why. */
function Said({ attempt }: { attempt: string }) {
  const line = useQuery(failingLine({ id: attempt })).data;
  return line == null ? null : (
    <code className={`mono cut ${styles.said}`} title={line.text}>
      {line.text.slice(0, 400)}
    </code>
  );
}

function Act({ item, act, hold }: { item: Schemas["Attention"]; act: Row["act"]; hold: Schemas["Held"] | undefined }) {
  const { pipeline } = useBoard();
  const mayLift = useMay("lift");
  const mayResolve = useMay("resolve");
  const look = buttonClass("plain", true);
  switch (act) {
    case "review": {
      const { gate, digest, release } = item;
      if (!item.can_act || gate == null || digest == null || release == null) return null;
      return (
        <Button look="primary" small onClick={() => openApprove({ pipeline, release, gate, digest })}>
          Review
        </Button>
      );
    }
    case "open":
      return item.release == null ? null : (
        <Link
          to="/p/$pipeline/releases/$number"
          params={{ pipeline, number: item.release }}
          search={item.subject == null ? {} : { node: item.subject }}
          className={look}
        >
          Open log
        </Link>
      );
    case "monitors":
      return (
        <Link to="/monitors" search={{}} className={look}>
          Open alarm
        </Link>
      );
    case "targets":
      return (
        <Link to="/p/$pipeline/targets" params={{ pipeline }} search={item.target == null ? {} : { name: item.target }} className={look}>
          Open
        </Link>
      );
    case "lift":
      return hold !== undefined && mayLift ? (
        <Button small onClick={() => openLift({ pipeline, hold })}>
          Lift…
        </Button>
      ) : null;
    case "resolve": {
      const { target } = item;
      return target != null && mayResolve ? (
        <Button small onClick={() => openResolve({ pipeline, target })}>
          Resolve…
        </Button>
      ) : null;
    }
    default:
      return null;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
