import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { until } from "../until.mjs";

const names = (page) => page.locator("[data-row]").allInnerTexts();

export const scenarios = {
  "pipelines are found by a word, by what fails, by what waits and by a star; the address has it": async (world) => {
    const file = "name: broken\nstages:\n  - name: build\n    jobs: [{name: fall, checkout: false, steps: [{run: exit 4}]}]\n";
    const repository = await world.makeRepository("broken", { ".tidegate/pipeline.yaml": file }, "Fall");
    const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
    assert.equal(connected.status, 201, JSON.stringify(connected.body));
    await until(
      "it has failed",
      async () => (await world.ask("olga", "GET", "/api/v1/pipelines/broken/releases/1")).body.state === "failed",
    );
    const page = await world.as("omar", "/");
    await page.getByRole("link", { name: "broken" }).first().waitFor();
    const all = await names(page);
    await page.keyboard.press("/");
    await page.keyboard.type("bak");
    await until("only the bakery is left", async () => (await names(page)).join() === "bakery");
    await page.waitForURL(/[?&]q=bak/);
    await page.getByRole("searchbox", { name: "Filter by name or commit" }).fill("");
    for (const only of ["failing", "waiting"]) {
      const { body } = await world.ask("omar", "GET", `/api/v1/pipelines?only=${only}`);
      const expected = body.items.map((item) => item.name);
      assert.ok(expected.length > 0 && expected.length < all.length, `${only}: ${expected}`);
      const chip = page.getByRole("button", { name: only === "failing" ? "Failing" : "Waiting", exact: true });
      await chip.click();
      await page.waitForURL(new RegExp(`only=${only}`));
      await until(`those are shown that are ${only}`, async () => (await names(page)).toSorted().join() === expected.toSorted().join());
      await chip.click();
    }
    await page.getByRole("button", { name: "Star shop" }).click();
    await until("what has a star comes first", async () => (await names(page))[0] === "shop");
    await page.getByRole("button", { name: "Starred", exact: true }).click();
    await until("only what has a star is left", async () => (await names(page)).join() === "shop");
    await page.reload();
    await until("also after a reload", async () => (await names(page)).join() === "shop");
    await page.getByRole("button", { name: "Star shop" }).click();
  },

  "a token is made, shown once, used, and refused once it is revoked": async (world) => {
    const page = await world.as("olga", "/settings?tab=tokens");
    await page.getByRole("button", { name: "New token…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("nightly report");
    await dialog.getByLabel("Role").selectOption("viewer");
    await dialog.getByRole("button", { name: "Make the token" }).click();
    const secret = await dialog.getByLabel("nightly report").inputValue();
    assert.match(secret, /^tg_/);
    await dialog.getByRole("button", { name: "Done" }).click();
    assert.ok(!(await page.content()).includes(secret), "the secret is still on the page");
    const use = async (method, path) =>
      (await fetch(world.address + path, { method, headers: { authorization: `Bearer ${secret}` } })).status;
    assert.equal(await use("GET", "/api/v1/pipelines"), 200);
    assert.equal(await use("POST", "/api/v1/pipelines/shop/check"), 403, "a viewer's token does not act");
    const row = page.getByRole("row", { name: /nightly report/ });
    await row.getByRole("button", { name: "Revoke…" }).click();
    await dialog.getByRole("button", { name: "Revoke nightly report" }).click();
    await row.getByText("revoked").waitFor();
    assert.equal(await use("GET", "/api/v1/pipelines"), 401);
  },

  "a member is added, becomes more, and is shut out": async (world) => {
    const page = await world.as("olga", "/settings?tab=members");
    await page.getByRole("button", { name: "New member…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("nora");
    await dialog.getByLabel("Role").selectOption("viewer");
    await dialog.getByLabel("Password").fill(world.password);
    await dialog.getByRole("button", { name: "Add the member" }).click();
    const row = page.getByRole("row", { name: /nora/ });
    await row.waitFor();
    const context = await world.context("nora");
    await world.signIn(context, "nora");
    const hold = { scope: { kind: "target", name: "local/a" }, reason: "counting" };
    assert.equal((await world.ask("nora", "POST", "/api/v1/pipelines/shop/holds", hold)).status, 403);
    await row.getByRole("button", { name: "Change…" }).click();
    await dialog.getByLabel("Role").selectOption("operator");
    await dialog.getByRole("button", { name: "Change nora" }).click();
    await row.getByText("operator").waitFor();
    const placed = await world.ask("nora", "POST", "/api/v1/pipelines/shop/holds", hold);
    assert.equal(placed.status, 201, JSON.stringify(placed.body));
    const { holds } = await world.board();
    const own = holds.find((each) => each.reason === "counting");
    assert.ok(own, JSON.stringify(holds));
    const lifted = await world.ask("nora", "POST", `/api/v1/pipelines/shop/holds/${own.id}/lift`, { reason: "counted" });
    assert.ok(lifted.status < 300, JSON.stringify(lifted));
    await row.getByRole("button", { name: "Change…" }).click();
    await dialog.getByLabel(/^Disabled/).check();
    await dialog.getByRole("button", { name: "Change nora" }).click();
    await row.getByText("disabled").waitFor();
    assert.equal((await world.ask("nora", "GET", "/api/v1/pipelines")).status, 401);
  },

  "theme, times and single keys are chosen for a browser, and kept": async (world) => {
    const page = await world.as("vera", "/settings");
    await page.getByLabel("Dark", { exact: true }).check();
    await page.getByLabel("UTC", { exact: true }).check();
    await page.getByLabel(/^Single keys act/).uncheck();
    await page.goto(`${world.address}/p/shop/releases`);
    await page.getByRole("row", { name: /#1/ }).first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.getByText(/UTC/).first().waitFor();
    await page.keyboard.press("?");
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    assert.equal(await page.getByRole("dialog").count(), 0);
    assert.match(page.url(), /\/releases$/);
    await page.goto(`${world.address}/settings`);
    await page.getByLabel("As the system").check();
    await page.getByLabel(/^Relative/).check();
    await page.getByLabel(/^Single keys act/).check();
  },

  "the audit log is narrowed to who did what, taken away as a file, and proved to be whole": async (world) => {
    const page = await world.as("olga", "/audit");
    const filters = page.getByRole("form", { name: "Filters" });
    await filters.getByRole("combobox", { name: /^Pipeline/ }).selectOption("corner");
    await filters.getByRole("combobox", { name: /^Event/ }).selectOption("rollback_started");
    await page.waitForURL(/pipeline=corner/);
    await page.waitForURL(/kind=rollback_started/);
    const rows = page.getByRole("region", { name: "Events" }).locator("tbody tr[aria-rowindex]");
    await until("only its rollbacks are left", async () => (await rows.count()) === 4);
    for (const text of await rows.allInnerTexts()) assert.match(text, /rollback started[\s\S]*corner/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    assert.equal(lines.length, 5, "a heading and four events");
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("nothing is missing or changed").waitFor();
    await page.getByRole("link", { name: "Clear" }).click();
    await page.waitForURL(`${world.address}/audit`);
  },

  "a point of the metrics leads to its release, in the chart and in the list": async (world) => {
    const page = await world.as("omar", "/p/bakery/metrics");
    const chart = page.getByRole("region", { name: "How long jobs take" }).locator(".u-over");
    await chart.waitFor();
    const plot = await chart.boundingBox();
    // Attempts of one moment lie on each other; somewhere in the chart one can be pressed.
    for (let part = 0; part <= 1 && page.url().endsWith("/metrics"); part += 0.05) {
      await page.mouse.move(plot.x + plot.width * part, plot.y + plot.height / 2);
      for (const mark of (await page.locator(".u-cursor-pt").all()).slice(0, 2)) {
        const place = await mark.boundingBox({ timeout: 1_000 }).catch(() => null);
        if (place === null || place.x < plot.x || place.y < plot.y) continue;
        await page.mouse.click(place.x + place.width / 2, place.y + place.height / 2);
        await page.waitForURL(/\/releases\/\d+$/, { timeout: 700 }).catch(() => {});
        break;
      }
    }
    await page.waitForURL(/\/p\/bakery\/releases\/\d+$/);
    await page.goBack();
    await page
      .getByText(/^the slowest commits/)
      .first()
      .click();
    await page
      .getByRole("link", { name: /^bakery #\d+$/ })
      .first()
      .click();
    await page.waitForURL(/\/p\/bakery\/releases\/\d+$/);
  },

  "the plan of a release shows what its jobs added, by whom, and what is different from last time": async (world) => {
    const file =
      "name: grown\nstages:\n  - name: build\n    generate: {run: cat jobs.yaml}\n    jobs: [{name: plain, steps: [{run: 'true'}]}]\n";
    const job = (name) => `  - {name: ${name}, checkout: false, steps: [{run: 'true'}]}\n`;
    const repository = await world.makeRepository(
      "grown",
      { ".tidegate/pipeline.yaml": file, "jobs.yaml": `jobs:\n${job("unit")}` },
      "Print one job",
    );
    const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
    assert.equal(connected.status, 201, JSON.stringify(connected.body));
    const page = await world.as("vera", "/p/grown/releases/1?view=plan");
    const added = page.getByRole("region", { name: "Added by jobs" }).getByRole("article");
    await added.getByText("build/unit").waitFor();
    await added.getByText("It has added nothing in the releases before.").waitFor();
    await world.commit("Print another one", { "jobs.yaml": `jobs:\n${job("unit")}${job("lint")}` }, "grown");
    await page.goto(`${world.address}/p/grown/releases/2?view=plan`);
    await added.getByText("Different from what it added in #1:").waitFor();
    await added.getByText("+ job lint in build").waitFor();
    await added.getByText("As it came").click();
    await added.getByText("name: lint").waitFor();
    await added.getByRole("link", { name: "build/generate" }).click();
    await page.getByRole("region", { name: "Log of build/generate" }).waitFor();
  },

  "a job that no runner can take says why it waits, on the page of runners and beside itself": async (world) => {
    const file =
      "name: lonely\nstages:\n  - name: build\n    jobs: [{name: wait, runs_on: nowhere, checkout: false, steps: [{run: 'true'}]}]\n";
    const repository = await world.makeRepository("lonely", { ".tidegate/pipeline.yaml": file }, "Wait for a runner");
    const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
    assert.equal(connected.status, 201, JSON.stringify(connected.body));
    const page = await world.as("vera", "/runners");
    const pool = page.getByRole("region", { name: "Pool nowhere" });
    await pool.getByRole("heading", { name: "Why jobs wait" }).waitFor();
    const why = pool.getByRole("listitem").filter({ hasText: "build/wait" });
    await why
      .getByText(/nowhere/)
      .first()
      .waitFor();
    await why.getByRole("link").click();
    await page.waitForURL(/\/p\/lonely\/releases\/1/);
    await page
      .getByText(/nowhere/)
      .first()
      .waitFor();
  },
};
