import { Glyph } from "../../design/glyphs";
import { Sha } from "../../design/Sha";
import { Time } from "../../design/Time";
import styles from "./Commits.module.css";
import { commits } from "./gate";
import type { Model } from "./model";
import type { Change } from "./rows";
import { summaryOf } from "./summary";

/** The answers that most readers come for, above the picture. */
export function Summary({ model, onCommit, onGate }: { model: Model; onCommit: (sha: string) => void; onGate: (place: string) => void }) {
  const { head, missing, deploying, waiting, blocked, everywhere, empty } = summaryOf(model.stages, model.index, model.scale.everywhere);
  return (
    <dl className={styles.facts} aria-label="Summary">
      <Fact name="Head">
        {head ? (
          <>
            <CommitButton change={head} onCommit={onCommit} />
            <small>
              <Time at={head.at} />
            </small>
          </>
        ) : (
          "none yet"
        )}
      </Fact>
      <Fact name="Not yet everywhere">
        {missing.count === 0
          ? empty === 0
            ? "nothing"
            : emptyText(empty)
          : `${missing.atLeast ? "at least " : ""}${commits(missing.count)}`}
        {missing.oldest && (
          <small>
            oldest <Time at={missing.oldest.at} as="age" />
          </small>
        )}
      </Fact>
      <Fact name="Deploying now" tone={deploying > 0 ? "run" : undefined}>
        {deploying > 0 && <Glyph name="run" size={14} />}
        {deploying === 1 ? "1 target" : `${deploying} targets`}
      </Fact>
      <Fact name="Waiting at gates" tone={waiting.count > 0 ? "wait" : undefined}>
        {waiting.count > 0 && <Glyph name="window" size={14} />}
        {waiting.count}
        {waiting.mine > 0 && <small>{waiting.mine === 1 ? "1 needs you" : `${waiting.mine} need you`}</small>}
      </Fact>
      <Fact name="Blocked" tone={blocked?.isBad ? "bad" : undefined}>
        {blocked ? (
          <>
            <Glyph name={blocked.isBad ? "bad" : "close"} size={14} />
            <button type="button" className={styles.link} onClick={() => onGate(blocked.place)}>
              {blocked.name}
            </button>
            <small className="cut" title={blocked.reason}>
              {blocked.more > 0 ? `and ${blocked.more} more` : blocked.reason}
            </small>
          </>
        ) : (
          "nothing"
        )}
      </Fact>
      <Fact name="Everywhere">
        {everywhere.change ? (
          <>
            <CommitButton change={everywhere.change} onCommit={onCommit} />
            <small>
              {empty > 0 ? (
                `but ${emptyText(empty)}`
              ) : (
                <>
                  from <Time at={everywhere.change.at} />
                </>
              )}
            </small>
          </>
        ) : everywhere.release !== undefined ? (
          <>
            #{everywhere.release}
            <small>older than this list</small>
          </>
        ) : (
          "nothing yet"
        )}
      </Fact>
    </dl>
  );
}

function emptyText(count: number): string {
  return count === 1 ? "1 target is empty" : `${count} targets are empty`;
}

function CommitButton({ change, onCommit }: { change: Change; onCommit: (sha: string) => void }) {
  return (
    <button type="button" className={styles.link} onClick={() => onCommit(change.sha)}>
      <Sha sha={change.sha} />
    </button>
  );
}

function Fact({ name, tone, children }: { name: string; tone?: "run" | "wait" | "bad" | undefined; children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd className={`num ${tone === undefined ? "" : `c-${tone}`}`}>{children}</dd>
    </div>
  );
}
