import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { waveName } from "../../api/places";
import { approvals } from "../../api/queries";
import { useMay } from "../../app/access";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { useKeys } from "../../design/keys";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { Segments } from "../../design/Segments";
import { Sha } from "../../design/Sha";
import { Chip } from "../../design/Status";
import { Time } from "../../design/Time";
import { useLive } from "../../live/use-live";
import { openApproveMany } from "../actions/open";
import styles from "./approvals.module.css";
import { Decided } from "./Decided";
import { givenText, keyOf, sorted, type Waiting } from "./evidence";
import { Review } from "./Review";

const tabs = ["mine", "others", "done"] as const;

/** Every approval that is waited for, with what there is to see before deciding. */
export function ApprovalsPage() {
  const search = useSearch({ from: "/signed-in/approvals" });
  useLive("approvals");
  const query = useQuery(approvals);
  const items = sorted(query.data?.items ?? []);
  const mine = items.filter((item) => item.gate.can_act);
  const others = items.filter((item) => !item.gate.can_act);
  const tab = tabs.find((each) => each === search.tab) ?? "mine";
  useTitle(mine.length > 0 ? `(${mine.length}) Approvals` : "Approvals");
  return (
    <>
      <Header title="Approvals">
        <Segments
          label="Approvals"
          param="tab"
          value={tab}
          options={[
            { value: "mine", text: "Waiting for you", count: mine.length },
            { value: "others", text: "Others", count: others.length },
            { value: "done", text: "Done" },
          ]}
        />
      </Header>
      {tab === "done" ? (
        <Decided />
      ) : (
        <Loaded query={query}>
          {() => <Inbox items={tab === "mine" ? mine : others} isMine={tab === "mine"} others={others.length} />}
        </Loaded>
      )}
    </>
  );
}

function Inbox({ items, isMine, others }: { items: readonly Waiting[]; isMine: boolean; others: number }) {
  const { open } = useSearch({ from: "/signed-in/approvals" });
  const navigate = useSelect();
  const mayApprove = useMay("approve");
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const selected = items.filter((item) => ticked.has(keyOf(item)));
  const canSelect = isMine && mayApprove && items.length > 1;
  const chosen = items.find((item) => keyOf(item) === open) ?? items[0];
  const move = (by: number) => {
    const next = items[Math.min(items.length - 1, Math.max(0, (chosen === undefined ? -1 : items.indexOf(chosen)) + by))];
    if (next !== undefined) navigate(keyOf(next));
  };
  useKeys([
    { keys: "j", does: "next approval", act: () => move(1) },
    { keys: "k", does: "previous approval", act: () => move(-1) },
  ]);
  if (chosen === undefined) {
    return (
      <PageBody label="Approvals">
        <EmptyState glyph="approval" title={isMine ? "Nothing waits for you" : "Nothing waits for others"}>
          <p>
            {isMine
              ? "Releases that stop at an approval you may give appear here as soon as they ask."
              : "Approvals that you cannot give, with the reason why, appear here."}
          </p>
          {isMine && others > 0 && (
            <p>
              <Link to="/approvals" search={{ tab: "others" }}>
                {others === 1 ? "1 approval waits" : `${others} approvals wait`} for others
              </Link>
            </p>
          )}
        </EmptyState>
      </PageBody>
    );
  }
  return (
    <div className={styles.two}>
      <ul className={styles.list} aria-label="Waiting approvals">
        {canSelect && (
          <li className={styles.several}>
            <span className="c-2">{selected.length === 0 ? "Tick several to approve them together" : `${selected.length} ticked`}</span>
            <span className="grow" />
            <Button
              small
              disabled={selected.length < 2}
              onClick={() => openApproveMany({ items: selected, onDone: () => setTicked(new Set()) })}
            >
              Approve several…
            </Button>
          </li>
        )}
        {items.map((item) => (
          <li key={keyOf(item)} className={styles.row}>
            {canSelect && (
              <input
                type="checkbox"
                aria-label={`Select #${item.release} of ${item.pipeline}`}
                checked={ticked.has(keyOf(item))}
                onChange={(event) => {
                  const next = new Set(ticked);
                  if (event.target.checked) next.add(keyOf(item));
                  else next.delete(keyOf(item));
                  setTicked(next);
                }}
              />
            )}
            <Link
              to="/approvals"
              search={(before) => ({ ...before, open: keyOf(item) })}
              className={item === chosen ? `${styles.item} ${styles.chosen}` : styles.item}
              aria-current={item === chosen ? "true" : undefined}
              replace
            >
              <span className={styles.first}>
                <b className="cut">{item.pipeline}</b>
                <span className="cut">{waveName(item.stage, item.wave)}</span>
                <span className="grow" />
                {item.production && <Chip look={{ tone: "idle" }}>production</Chip>}
              </span>
              <span className={styles.second}>
                <Sha sha={item.sha} />
                <span className="cut">{item.title}</span>
              </span>
              <span className={`num ${styles.third}`}>
                <span>#{item.release}</span>
                <span>{givenText(item.gate)}</span>
                <span>
                  waits <Time at={item.arrived_at} as="age" />
                </span>
                {item.newer != null && <span className="c-wait">newer: #{item.newer}</span>}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <Review
        key={keyOf(chosen)}
        item={chosen}
        newer={items.find((item) => item.release === chosen.newer && item.pipeline === chosen.pipeline)}
      />
    </div>
  );
}

function useSelect() {
  const navigate = useNavigate({ from: "/approvals" });
  return (open: string) => void navigate({ search: (before) => ({ ...before, open }), replace: true });
}
