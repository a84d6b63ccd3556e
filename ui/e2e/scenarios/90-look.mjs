import { look } from "../look.mjs";

/** Every page, in the state in which the scenarios before left the server: little data. */
const pages = {
  pipelines: "/",
  board: "/p/shop",
  commits: "/p/shop/commits",
  releases: "/p/shop/releases",
  release: "/p/shop/releases/2",
  "release-graph": "/p/shop/releases/2?view=graph",
  targets: "/p/shop/targets",
  metrics: "/delivery",
  "pipeline-metrics": "/p/shop/metrics",
  config: "/p/shop/config",
  approvals: "/approvals",
  monitors: "/monitors",
  runners: "/runners",
  audit: "/audit",
  validate: "/validate",
  settings: "/settings",
};

export const scenarios = Object.fromEntries(
  Object.entries(pages).map(([name, path]) => [
    `${name}: nothing that axe finds in either theme, no sideways scrolling, and pictures at two widths`,
    async (world) => {
      const context = await world.context("olga", { reducedMotion: "reduce" });
      await look(context.pages()[0] ?? (await context.newPage()), world.out, name, world.address + path);
    },
  ]),
);
