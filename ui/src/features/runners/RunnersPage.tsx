import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { queue as queueQuery, runners as runnersQuery } from "../../api/queries";
import { useMay } from "../../app/access";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { EmptyState, Loaded, PageBody } from "../../design/Page";
import { Chip, Status } from "../../design/Status";
import { runnerLook } from "../../design/state";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import { useLive } from "../../live/use-live";
import { AddRunner } from "./AddRunner";
import { labelsText, type Pool, poolsOf, type Queued, type Runner } from "./pools";
import { RunnerDialog } from "./RunnerDialog";
import styles from "./runners.module.css";

/** Who executes jobs, and why a job waits. */
export function RunnersPage() {
  useLive("runners");
  const runners = useQuery(runnersQuery);
  const queue = useQuery(queueQuery);
  const mayManage = useMay("runners");
  const [adding, setAdding] = useState(false);
  const [acting, setActing] = useState<{ verb: "drain" | "revoke"; runner: Runner } | null>(null);
  useTitle("Runners");
  return (
    <>
      <Header title="Runners">{mayManage && <Button onClick={() => setAdding(true)}>Add a runner…</Button>}</Header>
      <PageBody label="Runners">
        <Loaded query={runners}>
          {(data) => {
            const pools = poolsOf(data.items, queue.data?.items ?? []);
            if (pools.length === 0) {
              return (
                <EmptyState glyph="runners" title="No runners yet">
                  <p>Jobs wait until a runner takes them. {mayManage ? "Add one with the button above." : "An operator can add one."}</p>
                </EmptyState>
              );
            }
            return pools.map((pool) => (
              <PoolCard key={pool.name} pool={pool} mayManage={mayManage} onAct={(verb, runner) => setActing({ verb, runner })} />
            ));
          }}
        </Loaded>
      </PageBody>
      {adding && (
        <AddRunner pools={[...new Set(runners.data?.items.map((runner) => runner.pool) ?? [])]} onClose={() => setAdding(false)} />
      )}
      {acting && <RunnerDialog {...acting} onClose={() => setActing(null)} />}
    </>
  );
}

type OnAct = (verb: "drain" | "revoke", runner: Runner) => void;

function PoolCard({ pool, mayManage, onAct }: { pool: Pool; mayManage: boolean; onAct: OnAct }) {
  return (
    <section className={styles.pool} aria-label={`Pool ${pool.name}`}>
      <div className={styles.head}>
        <h2>Pool {pool.name}</h2>
        <span className="num c-2">
          {pool.online} of {pool.runners.length} {pool.runners.length === 1 ? "runner" : "runners"} online
        </span>
        <span className={styles.use}>
          <span className={styles.meter} aria-hidden="true">
            <span style={{ width: `${pool.slots === 0 ? 0 : (pool.busy / pool.slots) * 100}%` }} />
          </span>
          <span className="num c-2">
            {pool.busy} of {pool.slots} slots busy
          </span>
        </span>
        {pool.oldest !== undefined && (
          <Chip look={{ tone: "wait", glyph: "queued" }}>
            {pool.waiting.length} waiting, oldest <Time at={pool.oldest} as="age" />
          </Chip>
        )}
        {pool.online === 0 && <Chip look={{ tone: "bad", glyph: "warn" }}>nobody takes jobs here</Chip>}
      </div>
      {pool.runners.length > 0 && (
        <div className={table.frame}>
          <table className={`${table.table} ${styles.runners}`}>
            <caption className="visually-hidden">Runners of pool {pool.name}</caption>
            <thead>
              <tr>
                <th scope="col">Runner</th>
                <th scope="col">State</th>
                <th scope="col">Busy</th>
                <th scope="col">Labels</th>
                <th scope="col">Version</th>
                <th scope="col">Heartbeat</th>
                <th scope="col">Joined</th>
                {mayManage && (
                  <th scope="col">
                    <span className="visually-hidden">Acts</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {pool.runners.map((runner) => (
                <RunnerRow key={runner.id} runner={runner} mayManage={mayManage} onAct={onAct} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {pool.waiting.length > 0 && <WaitingJobs jobs={pool.waiting} />}
    </section>
  );
}

function RunnerRow({ runner, mayManage, onAct }: { runner: Runner; mayManage: boolean; onAct: OnAct }) {
  return (
    <tr>
      <td>
        <b>{runner.name}</b>{" "}
        <code className="mono c-3" title={runner.id}>
          …{runner.id.slice(-6)}
        </code>
      </td>
      <td>
        <Status look={runnerLook(runner.state)} />
      </td>
      <td className="num">
        {runner.busy} of {runner.slots}
        {runner.jobs.map((job) => (
          <div key={job.attempt} className={styles.running}>
            <Link
              className={table.link}
              to="/p/$pipeline/releases/$number"
              params={{ pipeline: job.pipeline, number: job.release }}
              search={{ node: job.node }}
            >
              {job.pipeline} #{job.release} {job.node}
            </Link>{" "}
            {job.since != null && (
              <span className="c-3">
                <Time at={job.since} as="age" />
              </span>
            )}
            {job.unknown && <span className="c-wait"> contact was lost</span>}
          </div>
        ))}
      </td>
      <td>
        <code className="mono">{labelsText(runner.labels)}</code>
      </td>
      <td>v{runner.version}</td>
      <td className={table.nowrap}>
        <Time at={runner.last_seen_at} />
      </td>
      <td className={table.nowrap}>
        <Time at={runner.registered_at} />
      </td>
      {mayManage && (
        <td className={`${table.right} ${table.nowrap}`}>
          {runner.state === "online" && (
            <Button look="soft" small onClick={() => onAct("drain", runner)}>
              Drain…
            </Button>
          )}{" "}
          {runner.state !== "revoked" && (
            <Button look="danger" small onClick={() => onAct("revoke", runner)}>
              Revoke…
            </Button>
          )}
        </td>
      )}
    </tr>
  );
}

/** Why each job waits, in the server's words. */
function WaitingJobs({ jobs }: { jobs: readonly Queued[] }) {
  return (
    <div className={styles.waiting}>
      <h3>Why jobs wait</h3>
      <ul>
        {jobs.map((job) => {
          const { release } = job;
          return (
            <li key={job.attempt}>
              <span className={styles.job}>
                {release == null ? (
                  job.pipeline
                ) : (
                  <Link
                    className={table.link}
                    to="/p/$pipeline/releases/$number"
                    params={{ pipeline: job.pipeline, number: release }}
                    search={job.node == null ? {} : { node: job.node }}
                  >
                    {job.pipeline} #{release} {job.node}
                  </Link>
                )}
                {job.urgent && <Chip look={{ tone: "bad", glyph: "back" }}>rollback, goes first</Chip>}
              </span>
              <span className={styles.reason}>{job.reason}</span>
              <code className="mono c-3">{labelsText(job.labels)}</code>
              <span className="num c-3">
                <Time at={job.queued_at} as="age" />
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
