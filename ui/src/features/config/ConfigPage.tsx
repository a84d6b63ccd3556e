import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, body, type Schemas } from "../../api/client";
import { messageOf, ProblemError } from "../../api/problem";
import { pipeline as pipelineQuery, releasePlan, releases } from "../../api/queries";
import { useMay } from "../../app/access";
import { Header } from "../../app/Header";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { Changes } from "../../design/Changes";
import { TextField } from "../../design/Field";
import { Glyph } from "../../design/glyphs";
import { EmptyState, Loaded, Notice, PageBody } from "../../design/Page";
import { Status } from "../../design/Status";
import { Text } from "../../design/Text";
import { Time } from "../../design/Time";
import { duration } from "../../design/time";
import styles from "./config.module.css";
import { byLine, type Finding, rangeOf, summary } from "./findings";

/** What a pipeline's file makes, and what another file would change; or, without a pipeline, whether a file is valid. */
export function ConfigPage() {
  const { pipeline } = useParams({ strict: false });
  const title = pipeline === undefined ? "Validate a pipeline file" : "Config";
  useTitle(title, pipeline);
  return (
    <>
      {pipeline === undefined && <Header title={title} />}
      <PageBody label={title}>
        {pipeline !== undefined && <Sources pipeline={pipeline} />}
        <Trial pipeline={pipeline} />
        {pipeline !== undefined && <Effective pipeline={pipeline} />}
      </PageBody>
    </>
  );
}

function Card({ title, children, acts }: { title: string; children: ReactNode; acts?: ReactNode }) {
  return (
    <section className={styles.card} aria-label={title}>
      <div className={styles.cardHead}>
        <h2>{title}</h2>
        <span className="grow" />
        {acts}
      </div>
      {children}
    </section>
  );
}

/** Where the file comes from, and what the last look at it said. */
function Sources({ pipeline }: { pipeline: string }) {
  const query = useQuery(pipelineQuery(pipeline));
  const mayConnect = useMay("start");
  const check = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/pipelines/{pipeline}/check", { params: { path: { pipeline } } })),
  });
  return (
    <Card
      title="Source"
      acts={
        mayConnect && (
          <Button small onClick={() => check.mutate()} sending={check.isPending}>
            Look at the source now
          </Button>
        )
      }
    >
      <Loaded query={query} rows={2}>
        {(data) => (
          <dl className={styles.facts}>
            {data.sources.map((source) => (
              <div key={`${source.repository} ${source.branch}`}>
                <dt className="cut" title={source.repository}>
                  {source.repository}
                </dt>
                <dd>
                  branch <b>{source.branch}</b>, file <code className="mono">{source.file}</code>, read every {duration(source.poll_ms)}
                  {source.last_polled_at != null && (
                    <>
                      , last <Time at={source.last_polled_at} />
                    </>
                  )}
                  {source.head != null && (
                    <>
                      {" "}
                      at <code className="mono">{source.head.slice(0, 12)}</code>
                    </>
                  )}
                  {source.last_error != null && <Notice tone="bad">{source.last_error}</Notice>}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Loaded>
      {check.isError && <Notice tone="bad">{messageOf(check.error)}</Notice>}
      {check.data && (
        <>
          <p>
            At <code className="mono">{check.data.head.slice(0, 12)}</code>:{" "}
            {check.data.admitted != null ? `release #${check.data.admitted} was created.` : (check.data.skipped ?? "nothing new.")}
          </p>
          <Findings findings={check.data.diagnostics} />
        </>
      )}
    </Card>
  );
}

/** A pasted file: what is wrong with it, and what it would change. The server reads it, as the command line does. */
function Trial({ pipeline }: { pipeline: string | undefined }) {
  const [text, setText] = useState("");
  const try_ = useMutation({
    mutationFn: async (): Promise<{ diagnostics: Finding[]; planned: Schemas["Planned"] | null }> => {
      const { diagnostics, is_valid } = body(await api.POST("/api/v1/validate", { body: { text } }));
      if (!is_valid) return { diagnostics, planned: null };
      const planned = body(await api.POST("/api/v1/plan", { body: { text, ...(pipeline === undefined ? {} : { pipeline }) } }));
      return { diagnostics: planned.diagnostics, planned };
    },
  });
  return (
    <Card
      title={pipeline === undefined ? "File" : "Try a changed file"}
      acts={
        <Button small look="primary" onClick={() => try_.mutate()} sending={try_.isPending} disabled={text.trim() === ""}>
          {pipeline === undefined ? "Validate" : "Validate and compare"}
        </Button>
      }
    >
      <TextField
        label="Pipeline file"
        hint="YAML as it stands in the repository. Nothing is stored and nothing is started."
        rows={text === "" && pipeline !== undefined ? 5 : 14}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && text.trim() !== "") try_.mutate();
        }}
      />
      {try_.isError && (
        <Notice tone="bad">
          {messageOf(try_.error)}
          {try_.error instanceof ProblemError && try_.error.problem.code !== undefined && ` (${String(try_.error.problem.code)})`}
        </Notice>
      )}
      {try_.data && <Outcome text={text} outcome={try_.data} pipeline={pipeline} />}
    </Card>
  );
}

function Outcome({
  text,
  outcome,
  pipeline,
}: {
  text: string;
  outcome: { diagnostics: Finding[]; planned: Schemas["Planned"] | null };
  pipeline: string | undefined;
}) {
  const { diagnostics, planned } = outcome;
  const isValid = planned !== null;
  return (
    <div role="status" className={styles.outcome}>
      <Status
        look={isValid ? { glyph: "ok", tone: "ok", word: summary(diagnostics) } : { glyph: "bad", tone: "bad", word: summary(diagnostics) }}
      />
      <Findings findings={diagnostics} />
      {diagnostics.length > 0 && <Lines text={text} findings={diagnostics} />}
      {planned?.difference != null && <Difference difference={planned.difference} pipeline={pipeline ?? ""} />}
      {planned !== null && (
        <details open={planned.difference == null}>
          <summary>The whole plan</summary>
          <Text label="The whole plan">{planned.text}</Text>
        </details>
      )}
    </div>
  );
}

function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul className={styles.findings}>
      {findings.map((finding) => (
        <li key={`${finding.file} ${finding.place.start} ${finding.code}`}>
          <span className={finding.severity === "error" ? "c-bad" : "c-wait"}>
            <Glyph name={finding.severity === "error" ? "bad" : "warn"} size={14} />
          </span>
          <span>
            <a href={`#L${finding.place.line}`} className={styles.link}>
              {finding.file}:{finding.place.line}:{finding.place.column}
            </a>{" "}
            {finding.message}
            {finding.expected != null && <span className="c-2">; expected {finding.expected}</span>}
            {finding.help != null && <span className={styles.help}>{finding.help}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The file with what was found beside its lines; each line has an address. */
function Lines({ text, findings }: { text: string; findings: readonly Finding[] }) {
  const fragment = useRouterState({ select: (state) => state.location.hash });
  const range = rangeOf(fragment);
  const found = byLine(findings);
  const frame = useRef<HTMLElement>(null);
  const first = range?.first;
  useEffect(() => {
    if (first !== undefined) frame.current?.querySelector(`[data-line="${first}"]`)?.scrollIntoView({ block: "center" });
  }, [first]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.lines} ref={frame} tabIndex={0} aria-label="The file with what was found">
      {text.split("\n").map((line, index) => {
        const number = index + 1;
        const here = found.get(number) ?? [];
        const isChosen = range !== undefined && number >= range.first && number <= range.last;
        return (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            key={index}
            data-line={number}
            className={[styles.line, here.length > 0 ? styles.wrong : "", isChosen ? styles.chosen : ""].join(" ")}
          >
            <span className={styles.number}>{number}</span>
            <span>{line}</span>
            {here.map((finding) => (
              <span key={finding.code} className={styles.said}>
                {finding.message}
              </span>
            ))}
          </div>
        );
      })}
    </section>
  );
}

/** What would change, and what of it is risky. */
function Difference({ difference, pipeline }: { difference: Schemas["PlanDifference"]; pipeline: string }) {
  return (
    <div className={styles.difference}>
      <h3>What changes against the newest plan of {pipeline}</h3>
      {difference.risks.map((risk) => (
        <Notice key={risk} tone="wait">
          {risk.replaceAll("_", " ")}
        </Notice>
      ))}
      {difference.text.trim() === "" ? (
        <p className="c-2">Nothing: the plan is the same.</p>
      ) : (
        <Changes label="What changes" text={difference.text} />
      )}
    </div>
  );
}

/** The plan of the newest release: what the file says now. */
function Effective({ pipeline }: { pipeline: string }) {
  const newest = useQuery(releases(pipeline, { limit: 1 }));
  const number = newest.data?.items[0]?.number;
  const plan = useQuery({ ...releasePlan(pipeline, number ?? 0), enabled: number !== undefined });
  return (
    <Card title={number === undefined ? "Effective plan" : `Effective plan, as release #${number} carries it`}>
      {newest.data !== undefined && number === undefined ? (
        <EmptyState glyph="list" title="No release yet">
          <p>The plan appears with the first release.</p>
        </EmptyState>
      ) : (
        <Loaded query={plan}>{(data) => <Text label="Effective plan">{data.text}</Text>}</Loaded>
      )}
    </Card>
  );
}
