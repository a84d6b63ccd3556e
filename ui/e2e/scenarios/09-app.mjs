import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Forge } from "../forge.mjs";
import { look } from "../look.mjs";
import { until } from "../until.mjs";

export const apart = true;

const file = `name: parcels
triggers:
  push: {branch: main}
stages:
  - name: build
    jobs:
      - name: package
        steps: ["true"]
`;

/** From nobody to an App, by the pages alone; the forge is another site than the server, as GitHub is. */
async function story(world) {
  const forge = await Forge.start(world, {
    name: "app-forge",
    repositories: ["parcels"],
    members: ["ada"],
    strangers: [],
    hasApp: false,
    host: "localhost",
  });
  const place = await world.anotherServer("app", { TIDEGATE_EGRESS_ALLOW_LOOPBACK: "true", TIDEGATE_GITHUB_URL: forge.url });
  const olga = place.ask(place.admin);
  const page = await place.admin.newPage();
  world.watch(page, "app");
  const settings = `${place.address}/settings?tab=github`;
  const app = page.getByRole("region", { name: "The App at GitHub" });
  try {
    await page.goto(settings);
    const connect = page.getByRole("form", { name: "Make it a GitHub App" });
    await connect.waitFor();
    await page.getByText("not connected").waitFor();
    await look(page, world.out, "settings-github-connect", settings);
    const name = connect.getByLabel("Name of the App");
    const button = connect.getByRole("button", { name: "Make the App at GitHub" });
    await name.fill("");
    assert.equal(await button.isDisabled(), true, "an App needs a name");
    await name.fill("Tidegate");
    await connect.getByLabel("Organisation").fill("a/../b");
    await button.click();
    await connect.getByText("is no organisation's name at GitHub").waitFor();

    // To GitHub, which asks for the name, and back.
    await connect.getByLabel("Organisation").fill("acme");
    await button.click();
    await page.getByRole("heading", { name: "Create GitHub App" }).waitFor();
    assert.ok(page.url().startsWith(`${forge.url}organizations/acme/settings/apps/new?state=`), page.url());
    await page.getByLabel("GitHub App name").fill("Tidegate of Acme");
    await page.getByRole("button", { name: "Create GitHub App for acme" }).click();
    await page.waitForURL(settings);
    await page.getByText("as the App 4711").waitFor();
    await app.getByRole("link", { name: "Tidegate of Acme" }).waitFor();
    await app.getByText("nobody yet").waitFor();
    assert.equal(await connect.count(), 0, "there is nothing left to connect");

    // Installed there, and back again.
    await app.getByRole("link", { name: "Install it at GitHub" }).click();
    await page.getByRole("heading", { name: "Install the App" }).waitFor();
    await page.getByRole("button", { name: "Install" }).click();
    await app.getByText("the repositories that were chosen").waitFor();
    await until("the installation was told", async () => {
      await app.getByRole("button", { name: "Ask GitHub again" }).click();
      return app.getByRole("row", { name: /^installation created 202 OK/ }).isVisible();
    });
    assert.equal(await app.getByText("too little").count(), 0, "it may do all that is needed");

    // A push is heard by the App's own web hook, and shown with its own token.
    const clone = await forge.clone("ada", "acme/parcels");
    await clone.push("Send parcels", { ".tidegate/pipeline.yaml": file });
    await page.goto(place.address);
    await page.getByRole("button", { name: "Connect a repository…" }).first().click();
    await page.getByLabel("Repository", { exact: true }).fill(forge.repositories[0]);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.waitForURL(`${place.address}/p/parcels`);
    const second = await clone.push("Weigh parcels", { "weigh.txt": "1\n" });
    await page
      .getByRole("region", { name: /^build: / })
      .getByText(second.slice(0, 7))
      .waitFor();
    await until("the check has succeeded", async () => {
      const { check_runs } = await forge.ask("ada", "GET", `/repos/acme/parcels/commits/${second}/check-runs`);
      return check_runs.some((run) => run.name === "tidegate/parcels" && run.conclusion === "success");
    });

    // The server is away for a push, and is the same App afterwards; the page says what did not come through.
    await place.server.down();
    const third = await clone.push("Count parcels", { "count.txt": "1\n" });
    await place.server.up();
    const { body } = await olga("POST", "/api/v1/pipelines/parcels/check");
    assert.notEqual(body, undefined);
    await until("the commit that nobody heard of is a release", async () => {
      const { items } = (await olga("GET", "/api/v1/pipelines/parcels/releases")).body;
      return items.some((item) => item.revisions.some((revision) => revision.commit === third));
    });
    await page.goto(settings);
    await page.getByText("as the App 4711").waitFor();
    await app.getByText("did not come through").waitFor();
    await app
      .getByRole("row", { name: /^push failed to connect to host/ })
      .first()
      .waitFor();
    await look(page, world.out, "settings-github-app", settings);

    // Nothing of the key is on the page or readable by others.
    assert.ok(!(await page.content()).includes("PRIVATE KEY"), "the key is on the page");
    const folder = join(place.server.data, "github");
    for (const each of await readdir(folder)) assert.equal((await stat(join(folder, each))).mode & 0o077, 0, each);

    // What GitHub led back with counts once.
    await page.goto(`${place.address}/api/v1/forges/github/app/back?code=manifest-1&state=guessed`);
    await page.waitForURL(`${settings}&refused=link_used`);
    await page.getByText("Begin again.").waitFor();
    await forge.end();
  } catch (error) {
    await page.screenshot({ path: join(world.out, "app.png"), caret: "initial" }).catch(() => {});
    await forge.end().catch(() => {});
    throw new Error(`${error.message}\n${page.url()} ${join(world.out, "app.png")}\n${place.server.log.slice(-3_000)}`);
  } finally {
    await place.server.down();
    await place.admin.close();
  }
}

export const scenarios = {
  "an admin makes the server a GitHub App from its settings, installs it, and sees what it may do and which web hooks failed": story,
};
