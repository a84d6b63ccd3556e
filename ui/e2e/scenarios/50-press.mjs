import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../until.mjs";
import { shellDeploy } from "../world.mjs";

/** A path that lets everything through. */
const openFile = `name: corner
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: mkdir -p dist && cp app.txt dist/}]
        artifacts: {app: dist}
  - name: beta
    targets: [local/corner-beta]
    ${shellDeploy}
  - name: prod
    production: true
    deploy: *deploy
    waves:
      - {targets: [local/corner-a]}
      - {targets: [local/corner-b, local/corner-c]}
`;

/** A path whose tests fail until somebody brings salt, and whose production opens only by force. */
const file = (salt) => `name: bakery
stages:
  - name: build
    jobs:
      - name: knead
        steps: [{run: mkdir -p dist && cp app.txt dist/}]
        artifacts: {app: dist}
      - name: taste
        needs: [knead]
        steps:
          - run: |
              echo "one bite"
              test -e '${salt}' || { echo "error: there is no salt in it"; exit 3; }
  - name: beta
    targets: [local/oven-1]
    ${shellDeploy}
  - name: prod
    production: true
    gates:
      - window: {deny: {dates: ["2020-01-01..2099-12-31"]}, timezone: UTC}
    deploy: *deploy
    waves:
      - {targets: [local/shelf-1]}
      - {targets: [local/shelf-2, local/shelf-3]}
`;

const release = async (world, number) => (await world.ask("olga", "GET", `/api/v1/pipelines/bakery/releases/${number}`)).body;
const attemptsOf = (seen, job) => seen.nodes.find((node) => node.name === job)?.attempts.length ?? 0;
const rows = (page) => page.getByRole("listbox", { name: "Commits, newest first" }).getByRole("option");
const front = (page) => page.locator("svg[aria-hidden=true]").filter({ has: page.locator("defs pattern") });

/** The middle of a target's column at a row of the picture. */
async function cell(page, target, row) {
  const label = await page.locator(`[title="${target}"]`).first().boundingBox();
  const option = await rows(page).nth(row).boundingBox();
  return { x: label.x + label.width / 2, y: option.y + option.height / 2 };
}

export const scenarios = {
  "a failed job says in its first failing line why, and a stage is run again from its start": async (world) => {
    world.salt = join(world.folder, "salt");
    const repository = await world.makeRepository(
      "bakery",
      { ".tidegate/pipeline.yaml": file(world.salt), "app.txt": "bread\n" },
      "Bake bread",
    );
    const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
    assert.equal(connected.status, 201, JSON.stringify(connected.body));
    const page = await world.as("omar", "/p/bakery");
    await until("the first release has failed", async () => (await release(world, 1)).state === "failed");
    await page.goto(`${world.address}/p/bakery/releases/1`);
    const why = page.getByRole("region", { name: "Why it failed" });
    await why.getByText("error: there is no salt in it").waitFor();
    await why.getByRole("link", { name: /^Jump to line/ }).click();
    await page.locator("[data-line]").getByText("error: there is no salt in it").waitFor();
    await page.getByRole("button", { name: "Retry stage build, from its start" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retry stage build from its start" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await until("every job of the stage was run again, and the salt is still missing", async () => {
      const seen = await release(world, 1);
      return attemptsOf(seen, "knead") === 2 && attemptsOf(seen, "taste") === 2 && seen.state === "failed";
    });
    await page.getByText("attempt 2").first().waitFor();
  },

  "only what failed is run again, and then the release goes on": async (world) => {
    const page = await world.as("omar", "/p/bakery/releases/1");
    await writeFile(world.salt, "");
    await page.getByRole("button", { name: "Retry failed (1)" }).click();
    await until("the release goes on to the closed window", async () => {
      const { stages } = (await world.ask("olga", "GET", "/api/v1/pipelines/bakery/board")).body;
      return stages[1].waves[0].targets[0].state === "live";
    });
    const seen = await release(world, 1);
    assert.deepEqual([attemptsOf(seen, "knead"), attemptsOf(seen, "taste")], [2, 3]);
    await page.getByRole("button", { name: /^Retry failed/ }).waitFor({ state: "detached" });
  },

  "a closed window is overridden with a reason, which stays": async (world) => {
    const page = await world.as("olga", "/p/bakery/commits?gate=prod/wave-1");
    const panel = page.getByRole("complementary").or(page.getByRole("region", { name: /prod · wave-1/ }));
    await panel.getByRole("button", { name: "Override…" }).first().click();
    const dialog = page.getByRole("dialog");
    const button = dialog.getByRole("button", { name: "Override the gate" });
    assert.equal(await button.isDisabled(), true, "an override needs a reason");
    await dialog.getByLabel("Reason").fill("the guests are hungry");
    await button.click();
    await dialog.waitFor({ state: "detached" });
    await until("production has it", async () => (await release(world, 1)).state === "completed");
    await page.goto(`${world.address}/p/bakery/releases/1?view=gates`);
    await page.getByText("the guests are hungry").first().waitFor();
    await page.getByText(/olga/).first().waitFor();
  },

  "two fronts are compared: what one has and the other lacks": async (world) => {
    world.rye = await world.commit("Bake rye", undefined, "bakery");
    await until("beta has it", async () => {
      const { stages } = (await world.ask("olga", "GET", "/api/v1/pipelines/bakery/board")).body;
      return stages[1].waves[0].targets[0].release === world.rye.number;
    });
    const page = await world.as("vera", "/p/bakery/commits");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByLabel("What has").selectOption("beta");
    await page.getByLabel("that lacks").selectOption("prod");
    await page.getByRole("heading", { name: "beta has, prod lacks: 1 commit" }).waitFor();
    const panel = page.getByRole("complementary");
    await panel.getByText("Bake rye").waitFor();
    assert.match(page.url(), /from=beta&to=prod/);
    await page.getByRole("button", { name: "Swap the two places" }).click();
    await page.getByRole("heading", { name: "beta has, prod lacks: 1 commit" }).waitFor();
    await page.waitForURL(/from=prod&to=beta/);
    // Two headings with Shift do the same, and the rows between the fronts are bracketed.
    await page.goto(`${world.address}/p/bakery/commits`);
    for (const name of ["beta", "prod"]) await page.locator(`button[title^="${name}: "]`).click({ modifiers: ["Shift"] });
    await page.getByRole("heading", { name: "beta has, prod lacks: 1 commit" }).waitFor();
  },

  "the crosshair's card tells what stands there, and pinned it acts": async (world) => {
    const page = await world.as("omar", "/p/bakery/commits");
    await rows(page).first().waitFor();
    const at = await cell(page, "local/shelf-1", 0);
    await page.mouse.move(at.x, at.y);
    const card = page.locator("section", { hasText: "local/shelf-1" }).filter({ hasText: "is live" });
    await card.waitFor();
    assert.equal(await card.getByRole("button").count(), 0, "a card that only follows the pointer has no buttons");
    await page.mouse.click(at.x, at.y);
    await page.waitForURL(/at=/);
    const pinned = page.getByRole("region", { name: "local/shelf-1" });
    await pinned.getByText("is live").waitFor();
    await pinned.getByRole("button", { name: "Hold…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("local/shelf-1").first().waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await pinned.waitFor({ state: "detached" });
    // By keyboard: arrows move the crosshair from the chosen commit.
    const list = page.getByRole("listbox", { name: "Commits, newest first" });
    await list.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForURL(/at=/);
    await page.getByRole("button", { name: "Close the card" }).waitFor();
  },

  "dense and comfortable are chosen, stand in the address, and are kept": async (world) => {
    const page = await world.as("vera", "/p/bakery/commits");
    const row = rows(page).first();
    await row.waitFor();
    assert.equal(Math.round((await row.boundingBox()).height), 25);
    await page.getByRole("button", { name: "Dense", exact: true }).click();
    await page.waitForURL(/density=dense/);
    await until("rows are low", async () => (await row.boundingBox()).height < 13);
    const drawn = await front(page).boundingBox();
    const list = await page.getByRole("listbox", { name: "Commits, newest first" }).boundingBox();
    assert.ok(Math.abs(drawn.height - list.height) <= 1, `the picture is ${drawn.height} high beside a list of ${list.height}`);
    await page.reload();
    await until("rows are low after a reload", async () => (await row.boundingBox()).height < 13);
    await page.getByRole("button", { name: "Comfortable", exact: true }).click();
    await until("rows are high again", async () => Math.round((await row.boundingBox()).height) === 25);
  },

  "every stage is rolled back at once, the furthest first, and stays there": async (world) => {
    const repository = await world.makeRepository("corner", { ".tidegate/pipeline.yaml": openFile, "app.txt": "corn\n" }, "Sell corn");
    const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
    assert.equal(connected.status, 201, JSON.stringify(connected.body));
    const stages = async () => (await world.ask("olga", "GET", "/api/v1/pipelines/corner/board")).body.stages.slice(1);
    const lives = async () =>
      (await stages()).flatMap((stage) => stage.waves.flatMap((wave) => wave.targets.map((front) => front.release)));
    await until("the first commit is everywhere", async () => (await lives()).every((number) => number === 1), 60_000);
    const { number } = await world.commit("Sell popcorn", undefined, "corner");
    await until("the second one is", async () => (await lives()).every((each) => each === number), 60_000);

    const page = await world.as("omar", `/p/corner/releases/${number}`);
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await page.getByRole("menuitem", { name: "every stage…" }).click();
    const dialog = page.getByRole("dialog");
    const button = dialog.getByRole("button", { name: "Roll back 4 targets" });
    await dialog.getByText("Leaves out 1 commit").waitFor();
    await dialog.getByText("Sell popcorn").waitFor();
    await dialog.getByLabel("Reason").fill("it burns");
    assert.equal(await button.isDisabled(), true, "the pipeline's name was not typed yet");
    await dialog.getByLabel("Type corner to confirm").fill("corner");
    await button.click();
    await dialog.getByText("Done. 4 of 4").waitFor({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Close" }).last().click();
    assert.deepEqual(await lives(), [1, 1, 1, 1]);
    // Production went before beta did.
    const { body } = await world.ask("olga", "GET", "/api/v1/audit?pipeline=corner&kind=rollback_started");
    const order = body.items.toSorted((one, other) => one.seq - other.seq).map((event) => event.place);
    assert.deepEqual(order.toSorted().toReversed(), order, "the wave furthest from the build goes first");
    assert.deepEqual([...new Set(order)], ["prod/wave-2", "prod/wave-1", "beta"]);
    await page.getByRole("link", { name: "Board", exact: true }).click();
    for (const name of ["beta", "wave-1", "wave-2"]) {
      const card = page.getByRole("region", { name: new RegExp(`^${name}: rolled back`) });
      await card.getByText("Sell corn").waitFor();
    }
    await page.getByText("it burns").first().waitFor();
    await page.screenshot({ path: join(world.out, "board-rolled-back.png"), caret: "initial" });
  },
};
