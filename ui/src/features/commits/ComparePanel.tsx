import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import type { Schemas } from "../../api/client";
import { waveName } from "../../api/places";
import { compare } from "../../api/queries";
import { Button, buttonClass } from "../../design/Button";
import { SelectField } from "../../design/Field";
import { Glyph } from "../../design/glyphs";
import { Loaded } from "../../design/Page";
import { Panel } from "../../design/Panel";
import { Sha } from "../../design/Sha";
import { commits } from "./gate";
import { placeOf } from "./layout";
import styles from "./Panel.module.css";
import { type Change, pullRequests } from "./rows";
import type { Stage } from "./span";

/** A place not chosen yet. */
export const UNCHOSEN = "?";

/** What one place has and another lacks, and where to see the difference itself. */
export function ComparePanel({
  pipeline,
  stages,
  from,
  to,
  onChoose,
  onCommit,
  onClose,
}: {
  pipeline: string;
  stages: readonly Stage[];
  from: string | undefined;
  to: string | undefined;
  onChoose: (from: string | undefined, to: string | undefined) => void;
  onCommit: (sha: string) => void;
  onClose: () => void;
}) {
  const isChosen = from !== undefined && to !== undefined && from !== UNCHOSEN && to !== UNCHOSEN;
  const query = useQuery({ ...compare(pipeline, from ?? "", to ?? ""), enabled: isChosen, placeholderData: keepPreviousData });
  const options = [{ value: UNCHOSEN, text: "Choose a place" }, ...placesOf(stages)];
  return (
    <Panel label="Compare two places" title="Compare" onClose={onClose} takesFocus>
      <div className={styles.pair}>
        <SelectField
          label="What has"
          value={from ?? UNCHOSEN}
          options={withValue(options, from)}
          onChange={(value) => onChoose(value, to)}
        />
        <Button look="soft" small aria-label="Swap the two places" title="Swap" disabled={!isChosen} onClick={() => onChoose(to, from)}>
          <Glyph name="compare" size={13} />
        </Button>
        <SelectField
          label="that lacks"
          value={to ?? UNCHOSEN}
          options={withValue(options, to)}
          onChange={(value) => onChoose(from, value)}
        />
      </div>
      {!isChosen && <p className="c-2">Choose two places, or click two headings of the picture with Shift.</p>}
      {isChosen && (
        <Loaded query={query} rows={4}>
          {(data) => (
            <>
              <p className={styles.fronts}>
                <Front sha={data.from.sha} release={data.from.release} place={data.from.place} />
                <Front sha={data.to.sha} release={data.to.release} place={data.to.place} />
              </p>
              {data.url != null && isWeb(data.url) && (
                <p>
                  <a className={buttonClass("plain", true)} href={data.url} target="_blank" rel="noreferrer noopener">
                    Open the difference <Glyph name="external" size={12} />
                  </a>
                </p>
              )}
              <Commits title={`${data.from.place} has, ${data.to.place} lacks`} list={data.ahead} isCut={data.is_cut} onCommit={onCommit} />
              {data.behind.length > 0 && (
                <Commits
                  title={`${data.to.place} has, ${data.from.place} lacks`}
                  list={data.behind}
                  isCut={data.is_cut}
                  onCommit={onCommit}
                />
              )}
              {data.authors.length > 0 && <p className={styles.meta}>By {data.authors.join(", ")}</p>}
              <PullRequests data={data} />
            </>
          )}
        </Loaded>
      )}
    </Panel>
  );
}

/** Of what brought the commits on both sides. */
function PullRequests({ data }: { data: Schemas["Compared"] }) {
  const base = data.pull_requests_url;
  const numbers = pullRequests([...data.ahead, ...data.behind]);
  if (numbers.length === 0 || base == null || !isWeb(base)) return null;
  return (
    <p className={styles.meta}>
      By pull request{" "}
      {numbers.map((number, index) => (
        <Fragment key={number}>
          {index > 0 && ", "}
          <a href={`${base}${number}`} target="_blank" rel="noreferrer noopener">
            #{number}
          </a>
        </Fragment>
      ))}
    </p>
  );
}

function Front({ sha, release, place }: { sha: string | null | undefined; release: number | null | undefined; place: string }) {
  return (
    <span>
      {place} runs {sha == null ? "nothing yet" : <Sha sha={sha} />}
      {release != null && <span className="c-3"> #{release}</span>}
    </span>
  );
}

function Commits({
  title,
  list,
  isCut,
  onCommit,
}: {
  title: string;
  list: readonly Change[];
  isCut: boolean;
  onCommit: (sha: string) => void;
}) {
  return (
    <section className={styles.section}>
      <h3>
        {title}: {commits(list.length)}
        {isCut && ", the newest"}
      </h3>
      <ul className={styles.commits}>
        {list.map((change) => (
          <li key={change.sha}>
            <button type="button" onClick={() => onCommit(change.sha)} title={`${change.title}\n${change.author}`}>
              <Sha sha={change.sha} />
              <span className="cut">{change.title}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function placesOf(stages: readonly Stage[]): { value: string; text: string }[] {
  return stages.flatMap((stage) => [
    { value: stage.name, text: stage.name },
    ...stage.waves
      .filter((wave) => wave.name !== "")
      .map((wave) => ({ value: placeOf(stage, wave), text: waveName(stage.name, wave.name) })),
  ]);
}

/** A target or a release may stand in the address although the lists offer only stages and waves. */
function withValue(options: { value: string; text: string }[], value: string | undefined) {
  return value === undefined || options.some((option) => option.value === value) ? options : [...options, { value, text: value }];
}

/** The server makes the address from the source's own; nothing but the web is ever linked. */
function isWeb(url: string): boolean {
  return url.startsWith("https://") || url.startsWith("http://");
}
