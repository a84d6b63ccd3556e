import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import { approvals } from "../api/queries";
import { Glyph, type GlyphName } from "../design/glyphs";
import styles from "./Rail.module.css";
import { UserButton } from "./UserButton";

const places = [
  { to: "/", glyph: "pipelines", name: "Pipelines" },
  { to: "/approvals", glyph: "approvals", name: "Approvals" },
  { to: "/monitors", glyph: "alarm", name: "Monitors" },
  { to: "/runners", glyph: "runners", name: "Runners" },
  { to: "/delivery", glyph: "metrics", name: "Metrics" },
  { to: "/audit", glyph: "list", name: "Audit" },
] as const satisfies readonly { to: string; glyph: GlyphName; name: string }[];

export function Rail() {
  const waiting = useQuery(approvals).data?.items.filter((item) => item.gate.can_act).length ?? 0;
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav className={styles.rail} aria-label="Main">
      <Link to="/" className={styles.logo} aria-label="Tidegate, all pipelines">
        <Glyph name="pipelines" size={22} />
      </Link>
      {places.map(({ to, glyph, name }) => {
        const count = to === "/approvals" ? waiting : 0;
        return (
          <Link
            key={to}
            to={to}
            className={styles.place}
            title={name}
            // A pipeline's pages are part of the list of pipelines.
            data-within={to === "/" && path.startsWith("/p/") ? "" : undefined}
            activeOptions={{ exact: to === "/", includeSearch: false }}
          >
            <Glyph name={glyph} size={18} />
            <span className={styles.name}>{name}</span>
            {count > 0 && (
              <>
                <span className={styles.badge}>{count}</span>
                <span className="visually-hidden"> wait for you</span>
              </>
            )}
          </Link>
        );
      })}
      <span className="grow" />
      <Link to="/settings" className={styles.place} title="Settings">
        <Glyph name="settings" size={18} />
        <span className={styles.name}>Settings</span>
      </Link>
      <UserButton />
    </nav>
  );
}
