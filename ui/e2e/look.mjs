// Pictures of pages in both themes and two widths, and what axe finds in each theme.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const sizes = [
  [1024, 768],
  [1440, 900],
];

/** Opens a page, keeps its pictures as `<name>-<theme>-<width>.png` in `out`, and fails on whatever axe finds. `prepare` opens what a press opens. */
export async function look(page, out, name, address, prepare = async () => {}) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(address);
  await settled(page);
  await prepare(page);
  // As the debugger's own code: the content security policy of the pages stays as it is.
  await page.evaluate(axe);
  const found = [];
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      await loaded(page);
      await page.screenshot({ path: join(out, `${name}-${theme}-${width}.png`), caret: "initial" });
      for (const wide of await tooWide(page)) found.push(`${theme} at ${width}: ${wide}`);
    }
    for (const violation of await violations(page)) found.push(`${theme}: ${violation}`);
  }
  if (found.length > 0) throw new Error([...new Set(found)].join("\n"));
}

/** The page itself never scrolls sideways: what is wide scrolls within itself. */
export function tooWide(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide in a window of ${clientWidth}`] : [];
  });
}

function violations(page) {
  return page.evaluate(async (values) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values } });
    return violations.map(({ id, help, nodes }) =>
      [`${id}: ${help}`, ...nodes.slice(0, 3).map((node) => node.html.slice(0, 160))].join("\n  "),
    );
  }, tags);
}

/** What the page came for is there. */
export async function settled(page) {
  await page.locator("h1").first().waitFor();
  await loaded(page);
  await page.evaluate(() => document.fonts.ready);
}

/** Nothing that is shown is still on its way, also what a part of the page asks for only when another part is there. */
async function loaded(page) {
  await page.waitForFunction(() => ![...document.querySelectorAll("[role=status]")].some((each) => /Loading/.test(each.textContent ?? "")));
}
