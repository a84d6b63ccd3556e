import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Fragment, memo, useCallback, useRef } from "react";
import { targets as targetsQuery } from "../../api/queries";
import { useTitle } from "../../app/title";
import { Button } from "../../design/Button";
import { useKeys } from "../../design/keys";
import { EmptyState, Loaded } from "../../design/Page";
import { SearchBox } from "../../design/SearchBox";
import { Sha } from "../../design/Sha";
import { Status } from "../../design/Status";
import { targetLook } from "../../design/state";
import { Time } from "../../design/Time";
import { useLive } from "../../live/use-live";
import { TargetPanel } from "./TargetPanel";
import styles from "./Targets.module.css";
import { arrivalOf, differenceOf, type Group, groupsOf, isDifferent, nameParts, type Target } from "./targets";

/** What every target runs, since when, how it got there, and what sets it apart from its neighbours (S2). */
export function TargetsPage() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline/targets" });
  const { q, name, only } = useSearch({ from: "/signed-in/p/$pipeline/targets" });
  const navigate = useNavigate({ from: "/p/$pipeline/targets" });
  useLive(`p/${pipeline}`);
  useTitle(name, pipeline, "Targets");
  const query = useQuery(targetsQuery(pipeline));
  const search = useRef<HTMLInputElement>(null);
  const choose = useCallback(
    (change: { q?: string | undefined; name?: string | undefined; only?: string | undefined }) =>
      void navigate({
        search: (now) =>
          Object.fromEntries(Object.entries({ ...now, ...change }).filter(([, value]) => value !== undefined && value !== "")),
        replace: "q" in change,
      }),
    [navigate],
  );
  const open = useCallback((target: string) => choose({ name: target }), [choose]);
  useKeys([
    { keys: "/", does: "find a target", group: "Targets", act: () => search.current?.focus() },
    { keys: "Escape", does: "close the panel", group: "Targets", act: () => choose({ name: undefined }) },
  ]);
  return (
    <div className={styles.page}>
      <h2 className="visually-hidden">Targets</h2>
      <Loaded query={query} rows={14}>
        {({ items }) => {
          if (items.length === 0) {
            return (
              <EmptyState glyph="target" title="No targets yet">
                <p>Targets appear with the first release: they stand in the pipeline file.</p>
              </EmptyState>
            );
          }
          const groups = groupsOf(items, { q, onlyDifferent: only === "different" });
          const shown = items.find((target) => target.name === name);
          const different = items.filter(isDifferent).length;
          return (
            <>
              <div className={styles.tools} role="group" aria-label="What is shown">
                <SearchBox
                  box={search}
                  label="Find a target"
                  placeholder="Target, region, state or sha"
                  width_px={210}
                  value={q ?? ""}
                  onChange={(text) => choose({ q: text })}
                />
                <Button
                  look="soft"
                  aria-pressed={only === "different"}
                  onClick={() => choose({ only: only === "different" ? undefined : "different" })}
                >
                  Only different
                </Button>
                <span className="grow" />
                <span className="c-3 num" role="status">
                  {items.length} targets, {different === 0 ? "all as their neighbours" : `${different} different from their neighbours`}
                </span>
              </div>
              <div className={`${styles.main} ${shown === undefined ? "" : styles.withPanel}`}>
                {groups.length === 0 ? (
                  <EmptyState glyph="search" title="No target fits">
                    <Button onClick={() => choose({ q: undefined, only: undefined })}>Show all</Button>
                  </EmptyState>
                ) : (
                  <TargetTable groups={groups} all={items} selected={name} onOpen={open} />
                )}
                {shown !== undefined && (
                  <TargetPanel
                    key={shown.name}
                    pipeline={pipeline}
                    target={shown}
                    all={items}
                    onClose={() => choose({ name: undefined })}
                  />
                )}
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function TargetTable({
  groups,
  all,
  selected,
  onOpen,
}: {
  groups: readonly Group[];
  all: readonly Target[];
  selected: string | undefined;
  onOpen: (name: string) => void;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.scroll} aria-label="Targets" tabIndex={0}>
      <table className={styles.table}>
        <caption className="visually-hidden">Every target with what it runs, since when, and how that came</caption>
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col">State</th>
            <th scope="col">Runs</th>
            <th scope="col">Since</th>
            <th scope="col">How it got there</th>
            <th scope="col">Different from its neighbours</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Fragment key={group.key}>
              <tr className={styles.group}>
                <th colSpan={6} scope="rowgroup">
                  {group.name}
                  <span className="c-3 num">
                    {group.targets.length === 1 ? "1 target" : `${group.targets.length} targets`}
                    {group.different > 0 && `, ${group.different} different`}
                  </span>
                </th>
              </tr>
              {group.targets.map((target) => (
                <TargetRow
                  key={target.name}
                  target={target}
                  difference={differenceOf(target, all)}
                  isSelected={target.name === selected}
                  onOpen={onOpen}
                />
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const TargetRow = memo(function TargetRow({
  target,
  difference,
  isSelected,
  onOpen,
}: {
  target: Target;
  difference: string | undefined;
  isSelected: boolean;
  onOpen: (name: string) => void;
}) {
  const arrival = arrivalOf(target);
  const [start, end] = nameParts(target.region ?? target.name);
  const remark = difference ?? target.flag ?? target.reason ?? undefined;
  return (
    <tr className={isSelected ? styles.selected : undefined}>
      <th scope="row">
        <button type="button" className={styles.name} aria-expanded={isSelected} onClick={() => onOpen(target.name)}>
          <span className={styles.parts} title={target.name}>
            <span className="cut">{start}</span>
            <span>{end}</span>
          </span>
          {target.account != null && <code className="mono c-3">{target.account}</code>}
        </button>
      </th>
      <td>
        <Status look={targetLook(target.state)} />
      </td>
      <td>
        {target.sha == null ? (
          <span className="c-3">{target.release == null ? "nothing yet" : `#${target.release}`}</span>
        ) : (
          <span className={styles.runs}>
            <Sha sha={target.sha} />
            <span className="cut" title={target.title ?? undefined}>
              {target.title}
            </span>
            <span className="c-3 num">#{target.release}</span>
          </span>
        )}
      </td>
      <td>{target.live_since == null ? <span className="c-3">–</span> : <Time at={target.live_since} />}</td>
      <td className="c-2">{arrival?.text ?? "–"}</td>
      <td className={styles.remark}>
        {remark === undefined ? (
          <span className="c-3">no</span>
        ) : (
          <span className="cut" title={remark}>
            {remark}
          </span>
        )}
      </td>
    </tr>
  );
});
