import assert from "node:assert/strict";

/** The card of one wave on the board. */
const card = (page, name) => page.getByRole("region", { name: new RegExp(`^${name}: `) });

export const scenarios = {
  "a commit is watched from build to the gate of production, without a reload": async (world) => {
    const page = await world.as("ana", "/p/shop");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.evaluate(() => {
      window.wasHere = true;
    });
    const { short } = await world.commit("Sell umbrellas");
    await card(page, "build").getByText(short).waitFor();
    await card(page, "beta").getByText(short).waitFor();
    await page.getByRole("group", { name: "Gate before prod · wave-1" }).getByText(short).waitFor();
    assert.equal(await page.evaluate(() => window.wasHere), true, "the page was loaded again");
  },

  "an approver says yes, and both waves get the commit": async (world) => {
    const page = await world.as("ana", "/p/shop");
    await page.getByRole("button", { name: "Review the approval before prod · wave-1" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Sell umbrellas").waitFor();
    await dialog.getByLabel("Reason (optional)").fill("it rains");
    await dialog.getByRole("button", { name: /^Approve [0-9a-f]{7}/ }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("region", { name: "wave-1: live" }).waitFor();
    await card(page, "wave-2").getByText("Sell umbrellas").waitFor();
  },

  "a rejection is grey, says who and why, and fails nothing": async (world) => {
    const page = await world.as("ben", "/p/shop");
    const { number, short } = await world.commit("Sell sandcastles");
    const gate = page.getByRole("group", { name: "Gate before prod · wave-1" });
    await gate.getByText(short).waitFor();
    const { body } = await world.ask("ben", "GET", "/api/v1/approvals");
    const waiting = body.items.find((item) => item.release === number);
    const answer = await world.ask("ben", "POST", `/api/v1/pipelines/shop/releases/${number}/reject`, {
      gate: waiting.gate.key,
      reason: "they melt",
    });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    await gate.getByText("Rejected").waitFor();
    await page.getByText("they melt").first().waitFor();
  },

  "two people decide at once: the second reads who was first": async (world) => {
    const { short } = await world.commit("Sell ice cream");
    const [ana, ben] = [await world.as("ana", "/p/shop"), await world.as("ben", "/p/shop")];
    for (const page of [ana, ben]) {
      // The release before it waits there until this one comes.
      await page.getByRole("group", { name: "Gate before prod · wave-1" }).getByText(short).waitFor();
      await page.getByRole("button", { name: "Review the approval before prod · wave-1" }).click();
      await page.getByRole("button", { name: `Approve ${short}` }).waitFor();
    }
    await ana.getByRole("button", { name: /^Approve [0-9a-f]{7}/ }).click();
    await ana.getByRole("dialog").waitFor({ state: "detached" });
    const dialog = ben.getByRole("dialog");
    await dialog.getByText(/not asked for any more: ana has approved it|ana decided already/).waitFor();
    assert.equal(await dialog.getByRole("button", { name: /^Approve/ }).isDisabled(), true);
  },
};
