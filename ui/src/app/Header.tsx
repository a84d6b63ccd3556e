import type { ReactNode } from "react";
import styles from "./Header.module.css";
import { LiveState } from "./LiveState";

/** The top of every page: where we are, what is remarkable, what can be done. Holds the page's only h1. */
export function Header({
  title,
  before,
  chips,
  children,
}: {
  title: ReactNode;
  before?: ReactNode;
  chips?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className={styles.header}>
      <div className={styles.crumbs}>
        {before}
        <h1>{title}</h1>
      </div>
      {chips}
      <span className="grow" />
      <LiveState />
      {children}
    </header>
  );
}
