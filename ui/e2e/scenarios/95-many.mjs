import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../until.mjs";

/** What waits for ana. */
const waiting = async (world) =>
  (await world.ask("ana", "GET", "/api/v1/approvals")).body.items.filter((item) => item.gate.can_act && item.production);

export const scenarios = {
  "several approvals of production are never one press: each is looked at, and each is bound to what was shown": async (world) => {
    const { number } = await world.commit("Sell calendars");
    const before = await until("two releases wait for her", async () => {
      const items = await waiting(world);
      // The one before it waits until it comes.
      return items.length >= 2 && items.some((item) => item.pipeline === "shop" && item.release === number) && items;
    });
    const page = await world.as("ana", "/approvals");
    const several = page.getByRole("button", { name: "Approve several…" });
    await several.waitFor();
    assert.equal(await several.isDisabled(), true, "nothing is ticked yet");
    for (const item of before.slice(0, 2)) await page.getByLabel(`Select #${item.release} of ${item.pipeline}`).check();
    await several.click();
    const dialog = page.getByRole("dialog");
    const listed = dialog.getByRole("list", { name: "Releases to approve" }).getByRole("checkbox");
    await listed.nth(1).waitFor();
    assert.equal(await listed.count(), 2);
    for (let index = 0; index < 2; index += 1) assert.equal(await listed.nth(index).isChecked(), false, "ticked beforehand");
    assert.equal(await dialog.getByRole("button", { name: "Approve 0 releases" }).isDisabled(), true);
    await listed.first().check();
    await page.screenshot({ path: join(world.out, "dialog-approve-several.png"), caret: "initial" });
    await dialog.getByRole("button", { name: "Approve 1 release", exact: true }).click();
    await dialog.getByText("What was approved").waitFor();
    assert.equal(await dialog.getByText("approved", { exact: true }).count(), 1);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    const after = await waiting(world);
    assert.equal(after.length, before.length - 1, "only what was ticked twice was approved");
  },
};
