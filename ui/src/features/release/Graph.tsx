import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Glyph } from "../../design/glyphs";
import { EmptyState } from "../../design/Page";
import { BOX, type Drawn, graphOf, layOut, type Placed } from "./graph";
import styles from "./graph.module.css";
import type { Release } from "./release";

/** The plan of a release as it was walked: boxes are links and buttons, edges are drawn behind them, and scrolling is the browser's own. */
export function Graph({ pipeline, release, selected }: { pipeline: string; release: Release; selected: string | undefined }) {
  const { open } = useSearch({ from: "/signed-in/p/$pipeline/releases/$number" });
  const navigate = useNavigate({ from: "/p/$pipeline/releases/$number" });
  const opened = useMemo(() => new Set(open?.split(",").filter(Boolean) ?? []), [open]);
  const drawn = useMemo(() => {
    const { boxes, edges } = graphOf(release, opened);
    return layOut(boxes, edges);
  }, [release, opened]);
  const setOpened = (next: ReadonlySet<string>) =>
    void navigate({
      search: (before) => ({ ...before, open: next.size === 0 ? undefined : [...next].join(",") }) as typeof before,
      replace: true,
      resetScroll: false,
    });
  if (drawn.boxes.length === 0) return <EmptyState glyph="pipelines" title="This plan has no jobs" />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.frame} aria-label="Graph of the plan" tabIndex={0}>
      {opened.size > 0 && (
        <button type="button" className={styles.foldAll} onClick={() => setOpened(new Set())}>
          Fold everything
        </button>
      )}
      <div className={styles.canvas} style={{ width: drawn.width, height: drawn.height }}>
        {drawn.bands.map((band) => (
          <div key={band.place} className={styles.band} style={{ left: band.x, width: band.width }}>
            <span className="cut">{band.place}</span>
          </div>
        ))}
        <Edges drawn={drawn} />
        {drawn.boxes.map((box) => {
          const place = { left: box.x, top: box.y, width: BOX.width, height: BOX.height };
          const name = `${styles.box} ${styles[box.look.tone]} ${box.kind === "gate" ? styles.gate : ""}`;
          if (box.kind === "targets" || box.kind === "wave") {
            const key = box.id.slice(box.id.indexOf(" ") + 1);
            return (
              <button
                key={box.id}
                type="button"
                className={`${name} ${styles.many}`}
                style={place}
                aria-expanded={false}
                onClick={() => setOpened(new Set([...opened, key]))}
              >
                <Content box={box} />
              </button>
            );
          }
          return (
            <Link
              key={box.id}
              className={name}
              style={place}
              to="/p/$pipeline/releases/$number"
              params={{ pipeline, number: release.number }}
              search={box.node === undefined ? { view: "gates" } : { node: box.node }}
              aria-current={box.node !== undefined && box.node === selected ? "true" : undefined}
            >
              <Content box={box} />
            </Link>
          );
        })}
      </div>
    </section>
  );
}

function Content({ box }: { box: Placed }) {
  return (
    <>
      <span className={`c-${box.look.tone}`}>
        <Glyph name={box.look.glyph} size={15} />
      </span>
      <span className={styles.words}>
        <span className="cut" title={box.name}>
          {box.name}
        </span>
        <span className={`cut ${styles.sub}`}>
          {box.count > 1 ? box.states.map(({ look, count }) => `${count} ${look.word}`).join(" · ") : box.look.word}
        </span>
      </span>
      {box.count > 1 && <span className={`num ${styles.count}`}>×{box.count}</span>}
    </>
  );
}

function Edges({ drawn }: { drawn: Drawn }) {
  return (
    <svg className={styles.edges} width={drawn.width} height={drawn.height} aria-hidden="true">
      {drawn.edges.map(({ from, to }) => {
        const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
        const [x2, y2] = [to.x, to.y + BOX.height / 2];
        const bend = Math.max(18, (x2 - x1) / 2);
        return <path key={`${from.id} ${to.id}`} d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />;
      })}
    </svg>
  );
}
