import { Outlet } from "@tanstack/react-router";
import { Rail } from "./Rail";
import styles from "./Shell.module.css";

/** The frame of every page for somebody who is signed in. */
export function Shell() {
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <Rail />
      <main className={styles.main} id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
