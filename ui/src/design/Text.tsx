import type { ReactNode } from "react";
import styles from "./Text.module.css";

/** Text as it was written, line by line; it scrolls by keyboard too. */
export function Text({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <pre className={styles.text}>{children}</pre>
    </section>
  );
}
