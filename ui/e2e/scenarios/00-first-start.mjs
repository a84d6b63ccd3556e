import assert from "node:assert/strict";
import { join } from "node:path";
import { people } from "../world.mjs";

export const needed = true;

export const scenarios = {
  "the link that the server printed leads the first admin in": async (world) => {
    const token = await world.server.firstStartToken();
    const context = await world.context("nobody");
    const page = await context.newPage();
    world.watch(page, "nobody");
    await page.goto(`${world.address}/first-start#${token}`);
    await page.getByLabel("Your name").fill("olga");
    await page.getByLabel("Password").fill(world.password);
    await page.getByRole("button", { name: "Make my account" }).click();
    await page.getByRole("heading", { name: "No pipelines yet" }).waitFor();
    await page.screenshot({ path: join(world.out, "pipelines-empty.png"), caret: "initial" });
    await page.getByRole("button", { name: /signed in as olga/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Tidegate" }).waitFor();
  },

  "a wrong password is refused in words, and a right one leads to where one wanted to go": async (world) => {
    const page = (await world.context("nobody")).pages()[0];
    await page.goto(`${world.address}/approvals`);
    await page.getByLabel("Name").fill("olga");
    await page.getByLabel("Password").fill("a wrong one, surely");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill(world.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${world.address}/approvals`);
    for (const [name, role] of Object.entries(people)) {
      if (name === "olga") continue;
      const made = await world.ask("olga", "POST", "/api/v1/users", { name, role, password: world.password, groups: [] });
      assert.equal(made.status, 201, JSON.stringify(made.body));
    }
  },

  "a repository is connected, and its first commit appears on the board": async (world) => {
    const page = await world.as("olga");
    await page.getByRole("button", { name: "Connect a repository…" }).first().click();
    await page.getByLabel("Repository", { exact: true }).fill(world.repository);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.waitForURL(`${world.address}/p/shop`);
    await page.getByRole("heading", { name: "build" }).waitFor();
    await page.getByText("Open the shop").first().waitFor();
  },
};
