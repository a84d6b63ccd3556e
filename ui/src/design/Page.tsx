import type { ReactNode } from "react";
import { messageOf, ProblemError } from "../api/problem";
import { Button } from "./Button";
import { Glyph, type GlyphName } from "./glyphs";
import styles from "./Page.module.css";

/** What would be here, and the one next step. */
export function EmptyState({
  glyph = "commit",
  title,
  isPage = false,
  children,
}: {
  glyph?: GlyphName;
  title: string;
  /** Nothing else is on the page, so that its title is the page's. */
  isPage?: boolean;
  children?: ReactNode;
}) {
  const Heading = isPage ? "h1" : "h2";
  return (
    <div className={styles.state}>
      <span className="c-3">
        <Glyph name={glyph} size={28} />
      </span>
      <Heading>{title}</Heading>
      {children && <div className={styles.text}>{children}</div>}
    </div>
  );
}

/** Why nothing can be shown, and how to try again. */
export function ErrorState({ error, isPage = false, onRetry }: { error: unknown; isPage?: boolean; onRetry?: (() => void) | undefined }) {
  const Heading = isPage ? "h1" : "h2";
  const title = error instanceof ProblemError ? error.problem.title : "This could not be loaded";
  return (
    <div className={styles.state} role="alert">
      <span className="c-bad">
        <Glyph name="warn" size={28} />
      </span>
      <Heading>{title}</Heading>
      <p className={styles.text}>{messageOf(error)}</p>
      {error instanceof ProblemError && error.problem.instance && <p className="c-3">Request {error.problem.instance}</p>}
      {onRetry && (
        <Button onClick={onRetry} look="plain">
          Try again
        </Button>
      )}
    </div>
  );
}

/** A place held for rows that are on their way: nothing is not the same as not yet. */
export function Loading({ rows = 6, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">{label}…</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div key={row} className={styles.bone} style={{ width: `${92 - ((row * 17) % 38)}%` }} />
      ))}
    </div>
  );
}

/** A query's data, or what stands in its place. Data that is there stays while it is fetched again. */
export function Loaded<T>({
  query,
  rows,
  children,
}: {
  query: { data: T | undefined; error: unknown; isError: boolean; refetch: () => unknown };
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Notice tone="bad">Not up to date: {messageOf(query.error)}</Notice>}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}

export function Notice({ tone, children }: { tone: "wait" | "bad" | "idle" | "run"; children: ReactNode }) {
  return (
    <div className={`${styles.notice} ${styles[tone]}`} role={tone === "bad" ? "alert" : "note"}>
      <Glyph name={tone === "idle" || tone === "run" ? "flag" : "warn"} size={14} />
      <div>{children}</div>
    </div>
  );
}

/** The scrolling part of a page that is not drawn edge to edge. */
export function PageBody({ children, label }: { children: ReactNode; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.body} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
