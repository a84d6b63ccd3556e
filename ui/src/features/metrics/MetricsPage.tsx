import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense } from "react";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { EmptyState, Loaded, Loading, PageBody } from "../../design/Page";
import { Segments } from "../../design/Segments";
import table from "../../design/Table.module.css";
import { Time } from "../../design/Time";
import { duration } from "../../design/time";
import { bars, partsOf, percent, perDay, stepKey, took } from "./measures";
import styles from "./metrics.module.css";
import { type Metrics, metrics as metricsQuery, type Point, type StepMeasure } from "./query";

const Chart = lazy(async () => ({ default: (await import("./Chart")).Chart }));
const periods = [7, 30, 90, 365] as const;
const usual = 30;
const LISTED = 20;

/** The four measures of delivery, where lead time goes, and how long jobs take. Every figure says what it counts and leads to what it is made of. */
export function MetricsPage() {
  const { pipeline } = useParams({ strict: false });
  const search = useSearch({ strict: false });
  const days = search.days ?? usual;
  const query = useQuery(metricsQuery(pipeline, days));
  useTitle("Metrics", pipeline);
  const period = (
    <Segments
      label="Period"
      param="days"
      value={String(days)}
      usual={String(usual)}
      options={periods.map((each) => ({ value: String(each), text: each === 365 ? "a year" : `${each} days` }))}
    />
  );
  return (
    <>
      {pipeline === undefined && <Header title="Metrics">{period}</Header>}
      <PageBody label="Metrics">
        {pipeline !== undefined && (
          <div className={styles.bar}>
            <h2>Metrics of {pipeline}</h2>
            <span className="grow" />
            {period}
          </div>
        )}
        <Loaded query={query}>{(data) => <Shown data={data} step={search.step} pipeline={pipeline} />}</Loaded>
      </PageBody>
    </>
  );
}

function Shown({ data, step, pipeline }: { data: Metrics; step: string | undefined; pipeline: string | undefined }) {
  const { deployments, lead_time, change_failure, restore } = data;
  return (
    <>
      <div className={styles.cards}>
        <Card
          name="Deployments a day"
          value={perDay(deployments.per_day)}
          extra={`${deployments.count} in all`}
          definition={deployments.definition}
        >
          <Days days={deployments.days} />
        </Card>
        <Card
          name="Lead time"
          value={took(lead_time.p50_ms)}
          extra={lead_time.p50_ms == null ? "nothing has gone its whole way yet" : `nine of ten within ${took(lead_time.p90_ms)}`}
          definition={lead_time.definition}
        >
          <Points points={lead_time.points} label="the slowest commits" />
        </Card>
        <Card
          name="Changes that failed"
          value={percent(change_failure.share)}
          extra={change_failure.total === 0 ? "nothing has entered production yet" : `${change_failure.failed} of ${change_failure.total}`}
          definition={change_failure.definition}
        >
          <Points points={change_failure.points} label="the failed changes" />
        </Card>
        <Card
          name="Time to restore"
          value={took(restore.p50_ms)}
          extra={restore.count === 0 ? "nothing had to be restored" : `nine of ten within ${took(restore.p90_ms)}`}
          definition={restore.definition}
        >
          <Points points={restore.points} label="the failures" />
        </Card>
      </div>
      <Split data={data} />
      {pipeline !== undefined && <Steps steps={data.steps} chosen={step} />}
    </>
  );
}

function Card({
  name,
  value,
  extra,
  definition,
  children,
}: {
  name: string;
  value: string;
  extra: string;
  definition: string;
  children: ReactNode;
}) {
  return (
    <section className={styles.card} aria-label={name}>
      <h2>{name}</h2>
      <p className={styles.value}>
        <span className="num">{value}</span> <span className="c-2">{extra}</span>
      </p>
      {children}
      <p className={styles.definition}>{definition}</p>
    </section>
  );
}

function Days({ days }: { days: Metrics["deployments"]["days"] }) {
  const heights = bars(days.map((day) => day.count));
  return (
    <svg
      className={styles.days}
      viewBox={`0 0 ${days.length * 4} 28`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Deployments of each day"
    >
      {days.map((day, index) => {
        const height = Math.max(1, (heights[index] ?? 0) * 28);
        return (
          <rect
            key={day.day}
            x={index * 4}
            y={28 - height}
            width={3}
            height={height}
            className={day.count === 0 ? styles.none : styles.some}
          >
            <title>{`${new Date(day.day).toISOString().slice(0, 10)}: ${day.count}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

/** The releases behind a figure, the longest first. */
function Points({ points, label }: { points: readonly Point[]; label: string }) {
  if (points.length === 0) return null;
  const listed = points.toSorted((one, other) => other.took_ms - one.took_ms).slice(0, LISTED);
  return (
    <details className={styles.points}>
      <summary>{points.length > LISTED ? `${label}, ${LISTED} of ${points.length}` : `${label} (${points.length})`}</summary>
      <ul>
        {listed.map((point) => (
          <li key={`${point.pipeline} ${point.release} ${point.at} ${point.took_ms}`}>
            <Link className={table.link} to="/p/$pipeline/releases/$number" params={{ pipeline: point.pipeline, number: point.release }}>
              {point.pipeline} #{point.release}
            </Link>
            <span className="num">{duration(point.took_ms)}</span>
            <span className="c-3">
              <Time at={point.at} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Split({ data }: { data: Metrics }) {
  const parts = partsOf(data.lead_split);
  if (parts.length === 0) return null;
  return (
    <section className={styles.card} aria-label="Where lead time goes">
      <h2>Where lead time goes</h2>
      <div className={styles.split} aria-hidden="true">
        {parts.map((part) => (
          <span
            key={part.name}
            className={`${styles[part.tone]} ${styles[part.name.split(" ")[0] ?? ""] ?? ""}`}
            style={{ flexGrow: Math.max(part.share, 0.004) }}
          />
        ))}
      </div>
      <dl className={styles.legend}>
        {parts.map((part) => (
          <div key={part.name}>
            <dt>
              <span className={`${styles.key} ${styles[part.tone]} ${styles[part.name.split(" ")[0] ?? ""] ?? ""}`} aria-hidden="true" />{" "}
              {part.name}
            </dt>
            <dd className="num">
              {duration(part.ms)} <span className="c-3">{percent(part.share)}</span>
            </dd>
          </div>
        ))}
      </dl>
      <p className={styles.definition}>Medians of each part over the releases that completed their whole way; medians need not add up.</p>
    </section>
  );
}

function Steps({ steps, chosen }: { steps: readonly StepMeasure[]; chosen: string | undefined }) {
  if (steps.length === 0) {
    return (
      <EmptyState glyph="metrics" title="No jobs ran in this period">
        <p>Durations of jobs appear as soon as some have run.</p>
      </EmptyState>
    );
  }
  const shown = steps.find((step) => stepKey(step) === chosen) ?? (steps[0] as StepMeasure);
  return (
    <section className={styles.card} aria-label="How long jobs take">
      <h2>
        {shown.job} in {shown.stage}
      </h2>
      <Suspense fallback={<Loading rows={4} />}>
        <Chart key={stepKey(shown)} points={shown.points} />
      </Suspense>
      <div className={table.frame}>
        <table className={table.table}>
          <caption className="visually-hidden">Durations of jobs</caption>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Stage</th>
              <th scope="col">Attempts</th>
              <th scope="col">Failed</th>
              <th scope="col">Half take up to</th>
              <th scope="col">Nine of ten up to</th>
              <th scope="col">Half wait up to</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={stepKey(step)} className={step === shown ? table.chosen : ""}>
                <td>
                  <Link
                    className={table.link}
                    to="."
                    search={((before: Record<string, unknown>) => ({ ...before, step: stepKey(step) })) as never}
                    aria-current={step === shown ? "true" : undefined}
                    replace
                    resetScroll={false}
                  >
                    {step.job}
                  </Link>
                </td>
                <td>{step.stage}</td>
                <td className="num">{step.count}</td>
                <td className={step.failed > 0 ? "num c-bad" : "num"}>{step.failed}</td>
                <td className="num">{took(step.p50_ms)}</td>
                <td className="num">{took(step.p90_ms)}</td>
                <td className="num">{took(step.queued_p50_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
