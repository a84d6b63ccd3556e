import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../until.mjs";

const card = (page, name) => page.getByRole("region", { name: new RegExp(`^${name}: `) });

export const scenarios = {
  "an operator rolls a wave back and watches it": async (world) => {
    await until("everything is live on the newest commit", async () => {
      const { stages } = await world.board();
      const lives = stages
        .slice(1)
        .flatMap((stage) => stage.waves.flatMap((wave) => wave.targets.map((front) => `${front.state} ${front.live}`)));
      return new Set(lives).size === 1;
    });
    const page = await world.as("omar", "/p/shop");
    await card(page, "wave-2").getByRole("button", { name: "Roll back wave-2…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Leaves out").waitFor();
    const button = dialog.getByRole("button", { name: "Roll back 2 targets" });
    assert.equal(await button.isDisabled(), true, "a rollback needs a reason");
    await dialog.getByLabel("Reason").fill("the ice melts");
    await button.click();
    await dialog.getByText("Done. 2 of 2").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await card(page, "wave-2").getByText("Sell umbrellas").waitFor();
    await page.getByText("the ice melts").first().waitFor();
  },

  "a hold on the pipeline needs its name, shows who and why, and is lifted": async (world) => {
    const page = await world.as("omar", "/p/shop");
    await page.getByRole("button", { name: "Hold pipeline…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("stocktaking");
    const hold = dialog.getByRole("button", { name: "Hold the whole pipeline" });
    assert.equal(await hold.isDisabled(), true, "the name was not typed yet");
    await dialog.getByLabel("Type shop to confirm").fill("shop");
    await hold.click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("omar: stocktaking").waitFor();
    await page.getByRole("button", { name: "Lift the hold…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Lift the hold" }).click();
    await page.getByRole("button", { name: "Hold pipeline…" }).waitFor();
  },

  "a viewer sees no button that acts, and the server refuses anyway": async (world) => {
    const page = await world.as("vera", "/p/shop");
    await card(page, "wave-1").waitFor();
    for (const name of [/Roll back/, /Review/, /Hold/, /Lift/, /Override/, /Retry/]) {
      assert.equal(await page.getByRole("button", { name }).count(), 0, `a viewer is offered ${name}`);
    }
    const status = await page.evaluate(async () => {
      const answer = await fetch("/api/v1/pipelines/shop/rollback", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ place: { kind: "stage", stage: "prod" }, reason: "because" }),
      });
      return answer.status;
    });
    assert.equal(status, 403);
  },

  "the server goes away and comes back: the page says so, and goes on by itself": async (world) => {
    const page = await world.as("ana", "/p/shop");
    await page.getByText("Live", { exact: true }).waitFor();
    await world.server.down();
    await page.getByText(/Reconnecting/).waitFor();
    await page.getByText(/Stale since/).waitFor();
    assert.equal(await card(page, "wave-1").count(), 1, "what was shown stays");
    await page.screenshot({ path: join(world.out, "board-stale.png"), caret: "initial" });
    await world.server.up();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 40_000 });
    const { short } = await world.commit("Sell scarves");
    await card(page, "beta").getByText(short).waitFor();
  },

  "the keyboard alone finds a release, approves it, and reads which keys there are": async (world) => {
    const page = await world.as("ben", "/");
    await page.locator("[data-row]").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${world.address}/p/shop`);
    await page.getByRole("group", { name: "Gate before prod · wave-1" }).getByText("Approval").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("go to Commits").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("#1");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/p\/shop\/releases\/1$/);
    await page.keyboard.press("g");
    await page.keyboard.press("b");
    await page.waitForURL(`${world.address}/p/shop`);
    const review = page.getByRole("button", { name: "Review the approval before prod · wave-1" });
    await review.waitFor();
    await tabTo(page, review);
    await page.keyboard.press("Enter");
    const approve = page.getByRole("button", { name: /^Approve [0-9a-f]{7}/ });
    await approve.waitFor();
    await tabTo(page, approve);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await review.count(), 0);
  },

  "the keyboard alone rejects, with a reason": async (world) => {
    const { short } = await world.commit("Sell kites");
    const page = await world.as("ben", "/p/shop");
    await page.getByRole("group", { name: "Gate before prod · wave-1" }).getByText(short).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL(`${world.address}/approvals`);
    await pressed(page, page.getByRole("button", { name: "Reject…" }));
    const dialog = page.getByRole("dialog");
    await tabTo(page, dialog.getByLabel("Reason"));
    await page.keyboard.type("no wind");
    await pressed(page, dialog.getByRole("button", { name: `Reject ${short}` }));
    await dialog.waitFor({ state: "detached" });
    await page.getByText("Nothing waits for you").waitFor();
  },

  "the keyboard alone rolls back, finds a commit and reads a log": async (world) => {
    await until("every wave of production is live", async () => {
      const { stages } = await world.board();
      return stages.at(-1).waves.every((wave) => wave.targets.every((front) => front.state === "live"));
    });
    const page = await world.as("omar", "/p/shop");
    await pressed(page, card(page, "wave-2").getByRole("button", { name: "Roll back wave-2…" }));
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Leaves out").waitFor();
    await tabTo(page, dialog.getByLabel("Reason"));
    await page.keyboard.type("by hand");
    await pressed(page, dialog.getByRole("button", { name: "Roll back 2 targets" }));
    await dialog.getByText("Done. 2 of 2").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.waitForURL(`${world.address}/p/shop/commits`);
    // The board names the commit as well; only the page that has this list hears the keys of Commits.
    await page.getByRole("option", { name: /Sell umbrellas/ }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("umbrellas");
    await page.keyboard.press("Enter");
    await page.getByText(/^Where is/).waitFor();
    await page
      .getByRole("complementary")
      .or(page.getByRole("region", { name: "Selected commit" }))
      .getByText("Sell umbrellas")
      .first()
      .waitFor();

    await page.keyboard.press("Control+k");
    await page.getByPlaceholder(/^Commit, target, #release/).waitFor();
    await page.keyboard.type("#2");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/p\/shop\/releases\/2$/);
    const log = page.getByRole("region", { name: /Log lines/ });
    await log.waitFor();
    await tabTo(page, log);
    await page.keyboard.press("j");
    await page.waitForURL(/#L1$/);
  },
};

/** Goes to a button by Tab and presses Enter. */
async function pressed(page, button) {
  await button.waitFor();
  await tabTo(page, button);
  await page.keyboard.press("Enter");
}

/** Presses Tab until `wanted` has the focus. */
async function tabTo(page, wanted) {
  for (let presses = 0; presses < 60; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("sixty presses of Tab did not reach the button");
}
