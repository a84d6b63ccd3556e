import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { isNotSignedIn } from "../api/problem";
import { me } from "../api/queries";
import { afterwards } from "../features/login/session";
import { NotFound } from "./NotFound";
import { PipelineFrame } from "./PipelineFrame";
import { onSignedOut, queryClient } from "./query-client";
import { RouteError } from "./RouteError";
import { Shell } from "./Shell";

/**
 * Every address of the product. Pages are loaded when they are first visited; what a page shows beyond its path stands in its search
 * parameters, so that every state has a link.
 */
const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: RouteError });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { next?: string; refused?: string } =>
    optional({ next: text(search.next), refused: text(search.refused) }),
  component: lazyRouteComponent(() => import("../features/login/LoginPage"), "LoginPage"),
});

const firstStart = createRoute({
  getParentRoute: () => root,
  path: "/first-start",
  validateSearch: (search: Record<string, unknown>): { token?: string } => optional({ token: text(search.token) }),
  component: lazyRouteComponent(() => import("../features/login/FirstStartPage"), "FirstStartPage"),
});

/** Everything else needs somebody who is signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(me);
    } catch (error) {
      if (isNotSignedIn(error)) throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
      throw error;
    }
  },
});

const pipelines = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { q?: string; only?: string; cursor?: string } =>
    optional({ q: text(search.q), only: text(search.only), cursor: text(search.cursor) }),
  beforeLoad: ({ location }) => {
    // The id that GitHub handed back after somebody signed in there.
    const id = new URLSearchParams(location.searchStr).get("then");
    if (id !== null) throw redirect({ href: afterwards(id), replace: true });
  },
  component: lazyRouteComponent(() => import("../features/pipelines/PipelinesPage"), "PipelinesPage"),
});

const pipeline = createRoute({ getParentRoute: () => signedIn, path: "/p/$pipeline", component: PipelineFrame });

const board = createRoute({
  getParentRoute: () => pipeline,
  path: "/",
  component: lazyRouteComponent(() => import("../features/board/BoardPage"), "BoardPage"),
});

export type CommitsSearch = {
  /** Level of detail: `stages`, `waves` or `targets`; chosen by width when absent. */
  level?: string;
  /** `comfortable` or `dense`; as in the reader's settings when absent. */
  density?: string;
  /** The selected commit, by the beginning of its sha or by its change number. */
  commit?: string;
  /** A column whose card stays open, as the front names it. */
  at?: string;
  /** The gate that is looked at, by its place: `prod/wave-1`. */
  gate?: string;
  /** Two places whose fronts are compared. */
  from?: string;
  to?: string;
  q?: string;
  author?: string;
  source?: string;
  /** `mine`, `blocked` or both, with a comma between. */
  only?: string;
  /** `table` for the table in place of the picture. */
  view?: string;
  /** How many commits; 50 when absent. */
  limit?: number;
};
const commits = createRoute({
  getParentRoute: () => pipeline,
  path: "/commits",
  validateSearch: (search: Record<string, unknown>): CommitsSearch =>
    optional({
      level: text(search.level),
      density: text(search.density),
      commit: text(search.commit),
      at: text(search.at),
      gate: text(search.gate),
      from: text(search.from),
      to: text(search.to),
      q: text(search.q),
      author: text(search.author),
      source: text(search.source),
      only: text(search.only),
      view: text(search.view),
      limit: whole(search.limit),
    }),
  component: lazyRouteComponent(() => import("../features/commits/CommitsPage"), "CommitsPage"),
});

const releases = createRoute({
  getParentRoute: () => pipeline,
  path: "/releases",
  validateSearch: (search: Record<string, unknown>): { cursor?: string; state?: string } =>
    optional({ cursor: text(search.cursor), state: text(search.state) }),
  component: lazyRouteComponent(() => import("../features/release/ReleasesPage"), "ReleasesPage"),
});

export type ReleaseSearch = {
  /** `waterfall` (default), `graph`, `plan`, `artifacts` or `events`. */
  view?: string;
  /** The selected node, by its key. */
  node?: string;
  /** The attempt of that node; its newest when absent. */
  attempt?: number;
  q?: string;
  /** The log with the time of each line. */
  times?: boolean;
  /** What is unfolded in the graph, separated by commas. */
  open?: string;
};
const release = createRoute({
  getParentRoute: () => pipeline,
  path: "/releases/$number",
  params: { parse: ({ number }) => ({ number: Number(number) }), stringify: ({ number }) => ({ number: String(number) }) },
  validateSearch: (search: Record<string, unknown>): ReleaseSearch =>
    optional({
      view: text(search.view),
      node: text(search.node),
      attempt: whole(search.attempt),
      q: text(search.q),
      times: yes(search.times),
      open: text(search.open),
    }),
  component: lazyRouteComponent(() => import("../features/release/ReleasePage"), "ReleasePage"),
});

/** A log of its own; lines are in the fragment: `#L88-L92`. */
const log = createRoute({
  getParentRoute: () => pipeline,
  path: "/releases/$number/log",
  params: { parse: ({ number }) => ({ number: Number(number) }), stringify: ({ number }) => ({ number: String(number) }) },
  validateSearch: (search: Record<string, unknown>): { node?: string; attempt?: number; q?: string; times?: boolean } =>
    optional({ node: text(search.node), attempt: whole(search.attempt), q: text(search.q), times: yes(search.times) }),
  component: lazyRouteComponent(() => import("../features/log/LogPage"), "LogPage"),
});

const targets = createRoute({
  getParentRoute: () => pipeline,
  path: "/targets",
  validateSearch: (search: Record<string, unknown>): { name?: string; q?: string; only?: string } =>
    optional({ name: text(search.name), q: text(search.q), only: text(search.only) }),
  component: lazyRouteComponent(() => import("../features/targets/TargetsPage"), "TargetsPage"),
});

const pipelineMetrics = createRoute({
  getParentRoute: () => pipeline,
  path: "/metrics",
  validateSearch: (search: Record<string, unknown>): { days?: number; step?: string } =>
    optional({ days: whole(search.days), step: text(search.step) }),
  component: lazyRouteComponent(() => import("../features/metrics/MetricsPage"), "MetricsPage"),
});

const config = createRoute({
  getParentRoute: () => pipeline,
  path: "/config",
  component: lazyRouteComponent(() => import("../features/config/ConfigPage"), "ConfigPage"),
});

const approvals = createRoute({
  getParentRoute: () => signedIn,
  path: "/approvals",
  validateSearch: (search: Record<string, unknown>): { tab?: string; open?: string } =>
    optional({ tab: text(search.tab), open: text(search.open) }),
  component: lazyRouteComponent(() => import("../features/approvals/ApprovalsPage"), "ApprovalsPage"),
});

const monitors = createRoute({
  getParentRoute: () => signedIn,
  path: "/monitors",
  validateSearch: (search: Record<string, unknown>): { id?: string } => optional({ id: text(search.id) }),
  component: lazyRouteComponent(() => import("../features/monitors/MonitorsPage"), "MonitorsPage"),
});

const runners = createRoute({
  getParentRoute: () => signedIn,
  path: "/runners",
  component: lazyRouteComponent(() => import("../features/runners/RunnersPage"), "RunnersPage"),
});

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit",
  validateSearch: (
    search: Record<string, unknown>,
  ): { view?: string; pipeline?: string; release?: number; kind?: string; actor?: string; cursor?: string } =>
    optional({
      view: text(search.view),
      pipeline: text(search.pipeline),
      release: whole(search.release),
      kind: text(search.kind),
      actor: text(search.actor),
      cursor: text(search.cursor),
    }),
  component: lazyRouteComponent(() => import("../features/audit/AuditPage"), "AuditPage"),
});

const metrics = createRoute({
  getParentRoute: () => signedIn,
  path: "/delivery",
  validateSearch: (search: Record<string, unknown>): { days?: number } => optional({ days: whole(search.days) }),
  component: lazyRouteComponent(() => import("../features/metrics/MetricsPage"), "MetricsPage"),
});

const validate = createRoute({
  getParentRoute: () => signedIn,
  path: "/validate",
  component: lazyRouteComponent(() => import("../features/config/ConfigPage"), "ConfigPage"),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  validateSearch: (search: Record<string, unknown>): { tab?: string; refused?: string } =>
    optional({ tab: text(search.tab), refused: text(search.refused) }),
  component: lazyRouteComponent(() => import("../features/settings/SettingsPage"), "SettingsPage"),
});

const tree = root.addChildren([
  login,
  firstStart,
  signedIn.addChildren([
    pipelines,
    pipeline.addChildren([board, commits, releases, release, log, targets, pipelineMetrics, config]),
    approvals,
    monitors,
    runners,
    audit,
    metrics,
    validate,
    settings,
  ]),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: "intent", defaultPreloadStaleTime: 0, scrollRestoration: false });

onSignedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/login" || pathname === "/first-start") return;
  queryClient.removeQueries({ queryKey: me.queryKey });
  void router.navigate({ to: "/login", search: href === "/" ? {} : { next: href } });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function text(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  // The router reads `?commit=1234567` as a number.
  return typeof value === "number" ? String(value) : undefined;
}

function whole(value: unknown): number | undefined {
  const number = typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function yes(value: unknown): true | undefined {
  return value === true || value === "true" ? true : undefined;
}

/** Drops what is undefined: an absent parameter stays out of the address. */
function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
