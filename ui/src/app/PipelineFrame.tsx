import { Link, Outlet, useParams } from "@tanstack/react-router";
import { Header } from "./Header";
import styles from "./Header.module.css";

const tabs = [
  { to: "/p/$pipeline", name: "Board", exact: true },
  { to: "/p/$pipeline/commits", name: "Commits", exact: false },
  { to: "/p/$pipeline/releases", name: "Releases", exact: false },
  { to: "/p/$pipeline/targets", name: "Targets", exact: false },
  { to: "/p/$pipeline/metrics", name: "Metrics", exact: false },
  { to: "/p/$pipeline/config", name: "Config", exact: false },
] as const;

/** What every page of one pipeline shares: its name, always in sight, and its tabs. */
export function PipelineFrame() {
  const { pipeline } = useParams({ from: "/signed-in/p/$pipeline" });
  return (
    <>
      <Header
        title={pipeline}
        before={
          <>
            <Link to="/">Pipelines</Link>
            <span aria-hidden="true">/</span>
          </>
        }
      />
      <nav className={styles.tabs} aria-label="Pipeline">
        {tabs.map(({ to, name, exact }) => (
          <Link key={to} to={to} params={{ pipeline }} activeOptions={{ exact, includeSearch: false }}>
            {name}
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
