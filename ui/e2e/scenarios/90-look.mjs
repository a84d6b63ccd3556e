import { look } from "../look.mjs";

/** Every page, in the state in which the scenarios before left the server: little data. */
const pages = {
  pipelines: "/",
  board: "/p/shop",
  commits: "/p/shop/commits",
  "commits-where": "/p/shop/commits?commit=HEAD",
  releases: "/p/shop/releases",
  release: "/p/shop/releases/2",
  "release-graph": "/p/shop/releases/2?view=graph",
  "release-failed": "/p/bakery/releases/1",
  log: "/p/shop/releases/2/log",
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

const dialogs = {
  "dialog-rollback": ["/p/shop", (page) => page.getByRole("button", { name: "Roll back wave-1…" }).click()],
  "dialog-hold": ["/p/shop", (page) => page.getByRole("button", { name: "Hold pipeline…" }).click()],
  "dialog-find": ["/p/shop", (page) => page.keyboard.press("Control+k")],
};

const ofOlga = async (world) => {
  const context = await world.context("olga", { reducedMotion: "reduce" });
  return context.pages()[0] ?? (await context.newPage());
};

export const scenarios = {
  ...Object.fromEntries(
    Object.entries(pages).map(([name, path]) => [
      `${name}: nothing that axe finds in either theme, and pictures at two widths`,
      async (world) => {
        const { short } = world.newest ?? { short: "" };
        await look(await ofOlga(world), world.out, name, world.address + path.replace("HEAD", short));
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(dialogs).map(([name, [path, open]]) => [
      `${name}: nothing that axe finds in either theme, and pictures at two widths`,
      async (world) => {
        await look(await ofOlga(world), world.out, name, world.address + path, async (page) => {
          await open(page);
          await page.getByRole("dialog").waitFor();
          await page.getByRole("dialog").getByText("Loading").waitFor({ state: "detached" });
        });
      },
    ]),
  ),
  "login: nothing that axe finds in either theme, and pictures at two widths": async (world) => {
    const context = await world.context("stranger", { reducedMotion: "reduce" });
    await look(context.pages()[0] ?? (await context.newPage()), world.out, "login", `${world.address}/login`);
  },
};
