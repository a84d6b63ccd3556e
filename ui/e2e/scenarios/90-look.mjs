import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Every page, in the state in which the scenarios before left the server. */
export const pages = {
  pipelines: "/",
  board: "/p/shop",
  commits: "/p/shop/commits",
  releases: "/p/shop/releases",
  release: "/p/shop/releases/2",
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

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const sizes = [
  [1024, 768],
  [1440, 900],
];

export const scenarios = Object.fromEntries(
  Object.entries(pages).map(([name, path]) => [
    `${name}: nothing that axe finds in either theme, and pictures at two widths`,
    async (world) => {
      const context = await world.context("olga", { reducedMotion: "reduce" });
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(world.address + path);
      await settled(page);
      // As the debugger's own code: the content security policy of the pages stays as it is.
      await page.evaluate(axe);
      const found = [];
      for (const theme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: theme });
        for (const [width, height] of sizes) {
          await page.setViewportSize({ width, height });
          await page.screenshot({ path: join(world.out, `${name}-${theme}-${width}.png`) });
        }
        for (const violation of await violations(page)) found.push(`${theme}: ${violation}`);
      }
      if (found.length > 0) throw new Error(found.join("\n"));
    },
  ]),
);

function violations(page) {
  return page.evaluate(async (values) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values } });
    return violations.map(({ id, help, nodes }) =>
      [`${id}: ${help}`, ...nodes.slice(0, 3).map((node) => node.html.slice(0, 160))].join("\n  "),
    );
  }, tags);
}

async function settled(page) {
  await page.locator("main h1").first().waitFor();
  await page
    .locator("main [role=status]:has-text('Loading')")
    .waitFor({ state: "detached" })
    .catch(() => {});
  await page.evaluate(() => document.fonts.ready);
}
