import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { look } from "../look.mjs";
import { ownEnvironment, Server } from "../server.mjs";

const run = promisify(execFile);
const busiest = "payments-api";

/** A server with months behind it: a path of 240 targets, told by the real core (`seed`, which is built beside the server). */
async function much(world) {
  if (world.much !== undefined) return world.much;
  const seed = process.env.TIDEGATE_SEED ?? join(dirname(world.server.binary), "seed");
  if (!existsSync(seed)) throw new Error(`there is no ${seed}: cargo build -p tidegate-testkit --bin seed, or set TIDEGATE_SEED`);
  const data = join(world.folder, "much");
  const { stdout } = await run(seed, ["wide", data, "--json"], { env: ownEnvironment() });
  const { users, password } = JSON.parse(stdout);
  const server = await Server.start(world.server.binary, data);
  world.others.add(server);
  const as = async (role) => {
    const context = await world.browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    context.setDefaultTimeout(15_000);
    const { name } = users.find((user) => user.role === role);
    const answer = await context.request.post(`${server.address}/api/v1/session`, {
      data: { name, password },
      headers: { origin: server.address },
    });
    if (!answer.ok()) throw new Error(`${name} cannot sign in: ${answer.status()}`);
    const page = await context.newPage();
    world.watch(page, "much");
    return page;
  };
  world.much = { page: await as("admin"), approver: await as("approver"), address: server.address };
  return world.much;
}

const pages = {
  pipelines: "/",
  board: `/p/${busiest}`,
  commits: `/p/${busiest}/commits`,
  "commits-waves": `/p/${busiest}/commits?level=waves&density=comfortable`,
  "commits-stages": `/p/${busiest}/commits?level=stages&density=comfortable`,
  "commits-compare": `/p/${busiest}/commits?from=beta&to=prod`,
  "commits-table": `/p/${busiest}/commits?view=table`,
  releases: `/p/${busiest}/releases`,
  targets: `/p/${busiest}/targets`,
  metrics: "/delivery",
  "pipeline-metrics": `/p/${busiest}/metrics`,
  config: `/p/${busiest}/config`,
  approvals: "/approvals",
  "approvals-others": "/approvals?tab=others",
  monitors: "/monitors",
  runners: "/runners",
  audit: "/audit",
  settings: "/settings",
};

/** The newest release that failed or moves, and its log. */
async function releaseOf(page, address) {
  const { items } = await (await page.request.get(`${address}/api/v1/pipelines/${busiest}/releases?limit=50`)).json();
  return (items.find((item) => item.state === "failed") ?? items.find((item) => item.state === "moving") ?? items[0]).number;
}

export const scenarios = {
  "approvals of somebody who is asked, with much: nothing that axe finds, no sideways scrolling, and pictures": async (world) => {
    const { approver, address } = await much(world);
    await look(approver, world.out, "much-approvals-mine", `${address}/approvals`, async (page) => {
      await page.getByRole("button", { name: /^Approve [0-9a-f]{7}/ }).waitFor();
    });
  },
  ...Object.fromEntries(
    Object.entries(pages).map(([name, path]) => [
      `${name}, with much: nothing that axe finds, no sideways scrolling, and pictures`,
      async (world) => {
        const { page, address } = await much(world);
        await look(page, world.out, `much-${name}`, address + path);
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({ release: "", "release-graph": "?view=graph", "release-gates": "?view=gates", log: "/log" }).map(([name, end]) => [
      `${name}, with much: nothing that axe finds, no sideways scrolling, and pictures`,
      async (world) => {
        const { page, address } = await much(world);
        await look(page, world.out, `much-${name}`, `${address}/p/${busiest}/releases/${await releaseOf(page, address)}${end}`);
      },
    ]),
  ),
};
