import { Outlet } from "@tanstack/react-router";
import { ActionHost } from "../features/actions/ActionHost";
import { useLive } from "../live/use-live";
import { useFreshness } from "./LiveState";
import { Overlays } from "./Overlays";
import { Rail } from "./Rail";
import styles from "./Shell.module.css";

/** The frame of every page for somebody who is signed in. */
export function Shell() {
  useLive("approvals");
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <Rail />
      <Main />
      <ActionHost />
      <Overlays />
    </div>
  );
}

/** Stale data is dimmed; its buttons still work, because the server decides. */
function Main() {
  const stale = useFreshness()?.freshness === "stale";
  return (
    <main className={stale ? `${styles.main} ${styles.stale}` : styles.main} id="main" tabIndex={-1}>
      <Outlet />
    </main>
  );
}
