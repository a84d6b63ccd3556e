import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { look, settled, tooWide } from "../look.mjs";

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
  "release-gates": "/p/bakery/releases/1?view=gates",
  "release-plan": "/p/shop/releases/2?view=plan",
  "release-grown": "/p/grown/releases/2?view=plan",
  "release-artifacts": "/p/shop/releases/2?view=artifacts",
  "release-events": "/p/shop/releases/2?view=events",
  "release-unknown": "/p/shop/releases/999",
  log: "/p/shop/releases/2/log",
  "log-times": "/p/longhaul/releases/1/log?times=true",
  targets: "/p/shop/targets",
  target: "/p/shop/targets?name=local/b",
  "commits-gate": "/p/bakery/commits?gate=prod/wave-1",
  "commits-compare": "/p/bakery/commits?from=beta&to=prod",
  "commits-table": "/p/shop/commits?view=table",
  metrics: "/delivery",
  "pipeline-metrics": "/p/shop/metrics",
  config: "/p/shop/config",
  approvals: "/approvals",
  "approvals-done": "/approvals?tab=done",
  monitors: "/monitors",
  runners: "/runners",
  audit: "/audit",
  "audit-server": "/audit?view=server",
  validate: "/validate",
  settings: "/settings",
  "settings-tokens": "/settings?tab=tokens",
  "settings-runners": "/settings?tab=runners",
  "settings-members": "/settings?tab=members",
  "pipeline-unknown": "/p/nobody-knows-it",
  "not-found": "/no/such/page",
};

const dialogs = {
  "dialog-rollback": ["/p/shop", (page) => page.getByRole("button", { name: "Roll back wave-1…" }).click()],
  "dialog-rollback-stage": ["/p/shop", (page) => page.getByRole("button", { name: "Roll back all of prod…" }).click()],
  "dialog-rollback-stages": [
    "/p/shop/releases/2",
    async (page) => {
      await page.getByRole("button", { name: "Roll back", exact: true }).click();
      await page.getByRole("menuitem", { name: "every stage…" }).click();
    },
  ],
  "dialog-quarantine": ["/p/shop/releases/2", (page) => page.getByRole("button", { name: "Quarantine…" }).click()],
  "dialog-override": ["/p/bakery/commits?gate=prod/wave-1", (page) => page.getByRole("button", { name: "Override…" }).first().click()],
  "dialog-connect": ["/", (page) => page.getByRole("button", { name: "Connect a repository…" }).click()],
  "dialog-token": [
    "/settings?tab=tokens",
    (page) =>
      page
        .getByRole("button", { name: /token…$/i })
        .first()
        .click(),
  ],
  "dialog-runner": ["/runners", (page) => page.getByRole("button", { name: "Add a runner…" }).first().click()],
  "dialog-keys": ["/p/shop", (page) => page.keyboard.press("?")],
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
  "config-findings: nothing that axe finds in either theme, and pictures at two widths": async (world) => {
    await look(await ofOlga(world), world.out, "config-findings", `${world.address}/p/shop/config`, async (page) => {
      await page
        .getByLabel("Pipeline file")
        .fill("name: shop\nstages:\n  - name: prod\n    wavs: []\n    targets: [local/a, nowhere at all]\n");
      await page.getByRole("button", { name: "Validate and compare" }).click();
      await page.getByText("wavs").nth(1).waitFor();
    });
  },
  "config-plan: nothing that axe finds in either theme, and pictures at two widths": async (world) => {
    await look(await ofOlga(world), world.out, "config-plan", `${world.address}/p/shop/config`, async (page) => {
      const file = await readFile(join(world.folder, "shop", ".tidegate", "pipeline.yaml"), "utf8");
      await page
        .getByLabel("Pipeline file")
        .fill(file.replace("    gates:\n      - approval: {count: 1}\n", "").replace("local/a]", "local/a, local/d]"));
      await page.getByRole("button", { name: "Validate and compare" }).click();
      await page.getByText("local/d").nth(1).waitFor();
    });
  },
  "error: nothing that axe finds in either theme, and pictures at two widths": async (world) => {
    const page = await ofOlga(world);
    await page.route("**/api/v1/pipelines/shop/board", (route) => route.fulfill({ status: 500, body: "" }));
    await look(page, world.out, "error", `${world.address}/p/shop`);
    await page.unroute("**/api/v1/pipelines/shop/board");
  },
  "a fork's release says what it does not get, and what the server says to whoever trusts it is told": async (world) => {
    const page = await ofOlga(world);
    const as = async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), trust: "fork" } });
    };
    await page.route("**/api/v1/pipelines/shop/releases/2", as);
    await look(page, world.out, "release-fork", `${world.address}/p/shop/releases/2`, async () => {
      await page.getByText("nobody has trusted this commit").waitFor();
      await page.getByRole("button", { name: "Trust this commit…" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Reason").fill("read every line of it");
      await dialog.getByRole("button", { name: /^Trust [0-9a-f]{7}$/ }).click();
      // No answer of this server is made up: that pipeline is none of a fork.
      await dialog.getByRole("alert").getByText("this pipeline is no pull request of a fork").waitFor();
    });
    await page.unroute("**/api/v1/pipelines/shop/releases/2", as);
  },
  "at 200 % zoom and in forced colours the pages still hold together": async (world) => {
    const paths = { board: "/p/shop", commits: "/p/shop/commits", release: "/p/shop/releases/2", approvals: "/approvals", pipelines: "/" };
    const context = await world.context("omar", { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2, reducedMotion: "reduce" });
    const page = context.pages()[0] ?? (await context.newPage());
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(world.address + path);
      await settled(page);
      await page.screenshot({ path: join(world.out, `zoom-${name}.png`), caret: "initial" });
      const wide = await tooWide(page);
      if (wide.length > 0) throw new Error(`${name} at 200 %: ${wide.join(", ")}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ forcedColors: "active" });
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(world.address + path);
      await settled(page);
      await page.screenshot({ path: join(world.out, `forced-${name}.png`), scale: "css", caret: "initial" });
      const outlined = await page
        .getByRole("navigation", { name: "Main" })
        .getByRole("link")
        .evaluateAll((links) => links.filter((link) => getComputedStyle(link).outlineStyle !== "none").map((link) => link.title));
      const here = name === "approvals" ? "Approvals" : "Pipelines";
      if (outlined.join() !== here) throw new Error(`${name} in forced colours: the rail outlines ${outlined.join(" and ") || "nothing"}`);
    }
  },
  "first-start: nothing that axe finds in either theme, and pictures at two widths": async (world) => {
    const context = await world.context("stranger", { reducedMotion: "reduce" });
    await look(context.pages()[0] ?? (await context.newPage()), world.out, "first-start", `${world.address}/first-start`);
  },
  "login: nothing that axe finds in either theme, and pictures at two widths": async (world) => {
    const context = await world.context("stranger", { reducedMotion: "reduce" });
    await look(context.pages()[0] ?? (await context.newPage()), world.out, "login", `${world.address}/login`);
  },
};
