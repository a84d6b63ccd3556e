import { memo, type ReactNode } from "react";
import styles from "./glyphs.module.css";

/**
 * The product's glyphs: 16 px box, 1.6 stroke. The outline differs for every state, so that nobody needs to see the colour: filled means
 * settled (live, failed), an outline means waiting.
 */
const paths = {
  ok: (
    <>
      <circle cx="8" cy="8" r="6.5" fill="currentColor" />
      <path d="M5 8.2l2.1 2.1L11 6.2" stroke="var(--on)" strokeWidth={1.7} fill="none" strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  run: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth={2} opacity={0.28} />
      <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth={2.2} strokeLinecap="round" />
    </>
  ),
  bad: (
    <>
      <path d="M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2z" fill="currentColor" />
      <path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" stroke="var(--on)" strokeWidth={1.7} strokeLinecap="round" />
    </>
  ),
  back: (
    <>
      <path d="M3.2 6.4A5.2 5.2 0 1 1 3 9.6" fill="none" stroke="currentColor" strokeWidth={1.9} strokeLinecap="round" />
      <path d="M2.4 2.6l.6 4 3.9-.7" fill="none" stroke="currentColor" strokeWidth={1.9} strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  queued: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth={1.6} strokeDasharray="2.6 2.1" />
    </>
  ),
  hold: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="3" fill="none" stroke="currentColor" strokeWidth={1.6} />
      <path d="M6.3 5.5v5M9.7 5.5v5" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" />
    </>
  ),
  bake: (
    <>
      <path
        d="M4 1.8h8M4 14.2h8M5 1.8v2.4c0 1.5 3 2.6 3 3.8s-3 2.3-3 3.8v2.4M11 1.8v2.4c0 1.5-3 2.6-3 3.8s3 2.3 3 3.8v2.4"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  approval: (
    <>
      <circle cx="6.4" cy="5" r="2.8" fill="none" stroke="currentColor" strokeWidth={1.6} />
      <path
        d="M1.6 13.8c.3-2.8 2.2-4.3 4.8-4.3 1 0 1.8.2 2.6.6M10 12.3l1.6 1.6 3-3.2"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.6}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  window: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth={1.6} />
      <path d="M8 4.4V8l2.5 1.7" fill="none" stroke="currentColor" strokeWidth={1.6} strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  alarm: (
    <>
      <path
        d="M8 1.8a4 4 0 0 1 4 4c0 3.6 1.4 4.6 1.4 4.6H2.6S4 9.4 4 5.8a4 4 0 0 1 4-4zM6.6 13.2a1.6 1.6 0 0 0 2.8 0"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.6}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  warn: (
    <>
      <path d="M8 1.8l6.6 11.8H1.4z" fill="none" stroke="currentColor" strokeWidth={1.6} strokeLinejoin="round" />
      <path d="M8 6v3.4M8 11.4v.2" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" />
    </>
  ),
  commit: (
    <>
      <circle cx="8" cy="8" r="2.7" fill="none" stroke="currentColor" strokeWidth={1.6} />
      <path d="M1.5 8h3.6M10.9 8h3.6" stroke="currentColor" strokeWidth={1.6} strokeLinecap="round" />
    </>
  ),
  next: (
    <>
      <path d="M6 3.5L10.5 8 6 12.5" fill="none" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  down: (
    <>
      <path d="M3.5 6L8 10.5 12.5 6" fill="none" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.6" fill="none" stroke="currentColor" strokeWidth={1.6} />
      <path d="M10.6 10.6L14 14" stroke="currentColor" strokeWidth={1.6} strokeLinecap="round" />
    </>
  ),
  pipelines: (
    <>
      <path
        d="M1.8 4h4l3 8h5.4M9.6 4h4.6"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.7}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  approvals: (
    <>
      <path d="M2 9l2-6h8l2 6v4H2zM2 9h3.5l1 2h3l1-2H14" fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinejoin="round" />
    </>
  ),
  runners: (
    <>
      <rect x="2" y="2.5" width="12" height="4.6" rx="1.4" fill="none" stroke="currentColor" strokeWidth={1.5} />
      <rect x="2" y="8.9" width="12" height="4.6" rx="1.4" fill="none" stroke="currentColor" strokeWidth={1.5} />
      <path d="M4.6 4.8h.1M4.6 11.2h.1" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" />
    </>
  ),
  metrics: (
    <>
      <path d="M2 13.5h12M4 11V8M8 11V4M12 11V6.5" fill="none" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" />
    </>
  ),
  list: (
    <>
      <path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.4 4h.1M2.4 8h.1M2.4 12h.1" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" />
    </>
  ),
  settings: (
    <>
      <circle cx="8" cy="8" r="2.2" fill="none" stroke="currentColor" strokeWidth={1.5} />
      <path
        d="M8 1.6v2M8 12.4v2M1.6 8h2M12.4 8h2M3.5 3.5l1.4 1.4M11.1 11.1l1.4 1.4M12.5 3.5l-1.4 1.4M4.9 11.1l-1.4 1.4"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
      />
    </>
  ),
  compare: (
    <>
      <path d="M4 2.5v11M2 4.5h4M10 11.5h4M10 4.5h4M12 2.5v4" fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinecap="round" />
    </>
  ),
  close: (
    <>
      <path d="M4 4l8 8M12 4l-8 8" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round" />
    </>
  ),
  link: (
    <>
      <path
        d="M6.5 9.5l3-3M7 4.8l1.2-1.2a3 3 0 0 1 4.2 4.2L11.2 9M9 11.2l-1.2 1.2a3 3 0 0 1-4.2-4.2L4.8 7"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
      />
    </>
  ),
  more: (
    <>
      <path d="M3 8h.1M8 8h.1M13 8h.1" stroke="currentColor" strokeWidth={2.4} strokeLinecap="round" />
    </>
  ),
  check: (
    <>
      <path d="M2.8 8.4l3.4 3.4 7-7.4" fill="none" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth={1.6} />
      <path
        d="M6.1 6.3a2 2 0 1 1 2.9 2c-.7.3-1 .7-1 1.3M8 11.6v.1"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.6}
        strokeLinecap="round"
      />
    </>
  ),
  skip: (
    <>
      <path d="M3 4l4.5 4L3 12zM8 4l4.5 4L8 12z" fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinejoin="round" />
    </>
  ),
  superseded: (
    <>
      <circle cx="8" cy="8" r="4.4" fill="none" stroke="currentColor" strokeWidth={2} />
    </>
  ),
  external: (
    <>
      <path
        d="M6 3.5H3.5v9h9V10M9 3h4v4M13 3L7.5 8.5"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  star: (
    <>
      <path
        d="M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.4}
        strokeLinejoin="round"
      />
    </>
  ),
  starred: (
    <>
      <path
        d="M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z"
        fill="currentColor"
        stroke="currentColor"
        strokeWidth={1.4}
        strokeLinejoin="round"
      />
    </>
  ),
  target: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth={1.5} />
      <circle cx="8" cy="8" r="2" fill="currentColor" />
    </>
  ),
  metric: (
    <>
      <path d="M2 12.5l3.5-5 3 3L14 3.5" fill="none" stroke="currentColor" strokeWidth={1.6} strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  depends: (
    <>
      <circle cx="4" cy="4" r="2.2" fill="none" stroke="currentColor" strokeWidth={1.5} />
      <circle cx="12" cy="12" r="2.2" fill="none" stroke="currentColor" strokeWidth={1.5} />
      <path d="M5.6 5.6l4.8 4.8" stroke="currentColor" strokeWidth={1.5} />
    </>
  ),
  flag: (
    <>
      <path
        d="M3.5 14V2.5M3.5 3h8l-1.8 3 1.8 3h-8"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.6}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
};

export type GlyphName = keyof typeof paths;

export const Glyph = memo(function Glyph({ name, size = 16, className }: { name: GlyphName; size?: number; className?: string }) {
  return (
    <svg
      className={className === undefined ? styles.glyph : `${styles.glyph} ${className}`}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
    >
      {name === "run" ? <g className={styles.turning}>{paths.run}</g> : paths[name]}
    </svg>
  );
});

/** The shapes alone, for drawing inside another SVG (16 × 16 box). */
export function glyphShapes(name: GlyphName): ReactNode {
  return paths[name];
}
