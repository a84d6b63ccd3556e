import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams, useRouter } from "@tanstack/react-router";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { pipelinePages, progress } from "../api/queries";
import { may } from "../api/roles";
import { Glyph } from "../design/glyphs";
import { openHold, openStart } from "../features/actions/open";
import { useMe } from "./access";
import styles from "./Overlays.module.css";
import { type Command, commitCommands, found, releaseCommand, targetCommands } from "./palette";

const places = [
  ["/", "Pipelines"],
  ["/approvals", "Approvals"],
  ["/monitors", "Monitors"],
  ["/runners", "Runners"],
  ["/delivery", "Metrics"],
  ["/audit", "Audit log"],
  ["/validate", "Validate a pipeline file"],
  ["/settings", "Settings"],
] as const;
const tabs = [
  ["/p/$pipeline", "Board"],
  ["/p/$pipeline/commits", "Commits"],
  ["/p/$pipeline/releases", "Releases"],
  ["/p/$pipeline/targets", "Targets"],
  ["/p/$pipeline/metrics", "Metrics"],
  ["/p/$pipeline/config", "Config"],
] as const;

/** Finds commits, targets, releases, pipelines and pages, and opens what can be done. */
export function PaletteDialog({ onClose }: { onClose: () => void }) {
  const { pipeline } = useParams({ strict: false });
  const router = useRouter();
  const role = useMe()?.role;
  const all = useInfiniteQuery(pipelinePages()).data?.pages.flatMap((page) => page.items);
  const here = useQuery({ ...progress(pipeline ?? "", 200), enabled: pipeline !== undefined }).data;
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();

  const commands = useMemo(() => {
    const made: Command[] = [];
    const page = (id: string, text: string, detail: string) =>
      made.push({ id, glyph: "next", text, detail, search: `${text} ${detail}`.toLowerCase() });
    if (pipeline !== undefined) {
      for (const [to, name] of tabs) page(`tab ${to}`, name, pipeline);
      if (may(role, "start")) page("act start", "Start a release…", pipeline);
      if (may(role, "hold")) page("act hold", "Hold the pipeline…", pipeline);
    }
    for (const [to, name] of places) page(`page ${to}`, name, "page");
    for (const summary of all ?? []) {
      made.push({
        id: `pipeline ${summary.name}`,
        glyph: "pipelines",
        text: summary.name,
        detail: "pipeline",
        search: summary.name.toLowerCase(),
      });
    }
    if (here !== undefined) made.push(...targetCommands(here.stages), ...commitCommands(here.changes));
    return made;
  }, [pipeline, role, all, here]);

  const release = pipeline === undefined ? undefined : releaseCommand(typed);
  const shown = [...(release === undefined ? [] : [release]), ...found(commands, typed)];
  const current = Math.min(at, shown.length - 1);

  const open = (command: Command) => {
    onClose();
    const space = command.id.indexOf(" ");
    const [kind, value] = [command.id.slice(0, space), command.id.slice(space + 1)];
    if (kind === "page") void router.navigate({ to: value as "/" });
    else if (kind === "pipeline") void router.navigate({ to: "/p/$pipeline", params: { pipeline: value } });
    else if (pipeline === undefined) return;
    else if (kind === "tab") void router.navigate({ to: value as "/p/$pipeline", params: { pipeline } });
    else if (kind === "commit") void router.navigate({ to: "/p/$pipeline/commits", params: { pipeline }, search: { commit: value } });
    else if (kind === "target") void router.navigate({ to: "/p/$pipeline/targets", params: { pipeline }, search: { name: value } });
    else if (kind === "release")
      void router.navigate({ to: "/p/$pipeline/releases/$number", params: { pipeline, number: Number(value) }, search: {} });
    else if (value === "start") openStart({ pipeline });
    else if (value === "hold") openHold({ pipeline, scope: { kind: "pipeline" } });
  };

  return (
    <Frame onClose={onClose}>
      <div className={styles.input}>
        <Glyph name="search" />
        <input
          role="combobox"
          aria-label="Find a commit, target, release, pipeline or page"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={shown[current] ? `${list}-${current}` : undefined}
          aria-autocomplete="list"
          placeholder={pipeline === undefined ? "Pipeline or page" : "Commit, target, #release, pipeline or page"}
          spellCheck={false}
          autoComplete="off"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
            if (by !== 0 && shown.length > 0) {
              event.preventDefault();
              setAt((current + by + shown.length) % shown.length);
            } else if (event.key === "Enter") {
              const command = shown[current];
              if (command !== undefined) open(command);
            }
          }}
        />
      </div>
      <div className={styles.list} role="listbox" id={list} aria-label="What was found">
        {shown.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox has the keys
          <div
            key={command.id}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={styles.option}
            onClick={() => open(command)}
            onPointerMove={() => setAt(index)}
          >
            <Glyph name={command.glyph} size={14} />
            <span className="cut grow">{command.text}</span>
            <span className={`cut ${styles.detail}`}>{command.detail}</span>
          </div>
        ))}
      </div>
      {shown.length === 0 && (
        <p className={styles.nothing}>
          Nothing is called that{pipeline === undefined ? "." : ` in ${pipeline}, nor any pipeline or page.`}
        </p>
      )}
    </Frame>
  );
}

function Frame({ onClose, children }: { onClose: () => void; children: React.ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it as well
    <dialog
      ref={ref}
      className={styles.palette}
      aria-label="Find"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div>{children}</div>
    </dialog>
  );
}
