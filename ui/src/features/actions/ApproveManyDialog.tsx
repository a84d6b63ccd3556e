import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import { keys } from "../../api/queries";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { TextField } from "../../design/Field";
import { Notice } from "../../design/Page";
import { Sha } from "../../design/Sha";
import { Chip, Status } from "../../design/Status";
import styles from "./actions.module.css";
import { evidenceWords } from "./evidence";
import { refusal } from "./refusal";

type Item = Schemas["ApprovalView"];
type Outcome = { given: true } | { given: false; because: string };

/**
 * Several approvals in one go. Each is said yes to by itself: nothing is ticked beforehand, so that no press ever lets more into production than
 * somebody has looked at; and each is bound to the content that is shown (G5).
 */
export function ApproveManyDialog({ items, onDone, onClose }: { items: readonly Item[]; onDone: () => void; onClose: () => void }) {
  const client = useQueryClient();
  const [seen, setSeen] = useState<ReadonlySet<Item>>(new Set());
  const [outcomes, setOutcomes] = useState<ReadonlyMap<Item, Outcome>>(new Map());
  const [sending, setSending] = useState(false);
  const [reason, setReason] = useState("");
  const over = outcomes.size > 0 && !sending;

  const send = async () => {
    setSending(true);
    for (const item of items.filter((each) => seen.has(each))) {
      const outcome = await approve(item, reason.trim());
      setOutcomes((before) => new Map(before).set(item, outcome));
    }
    setSending(false);
    onDone();
    await client.invalidateQueries({ queryKey: keys.approvals });
  };
  return (
    <Dialog
      wide
      title={over ? "What was approved" : `Approve ${items.length} releases`}
      onClose={onClose}
      footer={
        over ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" sending={sending} disabled={seen.size === 0} onClick={() => void send()}>
              {seen.size === 1 ? "Approve 1 release" : `Approve ${seen.size} releases`}
            </Button>
          </>
        )
      }
    >
      {!over && <p>Tick each that you have looked at. Only those are approved, each exactly as it stands here.</p>}
      <ul className={styles.steps} aria-label="Releases to approve">
        {items.map((item) => {
          const outcome = outcomes.get(item);
          return (
            <li key={`${item.pipeline} ${item.release} ${item.gate.key}`}>
              <label className={styles.many}>
                <input
                  type="checkbox"
                  disabled={sending || over}
                  checked={seen.has(item)}
                  onChange={(event) => {
                    const next = new Set(seen);
                    if (event.target.checked) next.add(item);
                    else next.delete(item);
                    setSeen(next);
                  }}
                />
                <span>
                  <b>{item.pipeline}</b> {waveName(item.stage, item.wave)} · #{item.release} <Sha sha={item.sha} /> {item.title}
                </span>
              </label>
              {item.production && <Chip look={{ tone: "idle" }}>production</Chip>}
              <span className={styles.evidence}>
                <span className="num c-2">{item.commits === 1 ? "1 commit" : `${item.commits} commits`}</span>
                {evidenceWords(item.evidence).map(({ text, look }) => (
                  <Status key={text} look={look}>
                    {text}
                  </Status>
                ))}
              </span>
              {outcome?.given === true && <Status look={{ tone: "ok", glyph: "ok", word: "approved" }} />}
              {outcome?.given === false && <Notice tone="bad">{outcome.because}</Notice>}
            </li>
          );
        })}
      </ul>
      {!over && (
        <TextField label="Reason (optional)" value={reason} maxLength={2_000} onChange={(event) => setReason(event.target.value)} />
      )}
    </Dialog>
  );
}

async function approve({ pipeline, release, gate, digest }: Item, reason: string): Promise<Outcome> {
  try {
    body(
      await api.POST("/api/v1/pipelines/{pipeline}/releases/{number}/approve", {
        params: { path: { pipeline, number: release } },
        body: { gate: gate.key, digest, reason },
        headers: { "Idempotency-Key": idempotencyKey() },
      }),
    );
    return { given: true };
  } catch (error) {
    return { given: false, because: refusal(error) };
  }
}
