import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { look } from "../look.mjs";
import { until } from "../until.mjs";

export const apart = true;

/** A deployment that goes on as long as a file is there. */
const file = (guard) => `name: kiosk
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: mkdir -p dist && cp app.txt dist/}]
        artifacts: {app: dist}
  - name: beta
    targets: [local/kiosk]
    deploy:
      uses: shell/run
      with: {artifact: app, run: "while test -e '${guard}'; do sleep 0.3; done"}
      runs_on: far
`;

export const scenarios = {
  "two admins break the glass at a target whose runner is lost; the panel tells who asked first": async (world) => {
    const place = await world.anotherServer("glass");
    const guard = join(world.folder, "glass-goes-on");
    await writeFile(guard, "");
    const olga = place.ask(place.admin);
    const second = await world.browser.newContext({ viewport: { width: 1440, height: 900 } });
    let runner;
    try {
      const { body: issued } = await olga("POST", "/api/v1/runners/tokens", { pool: "far" });
      runner = await world.startRunner("far", issued.token, place.address);
      const user = { name: "ines", role: "admin", password: world.password, groups: [] };
      assert.equal((await olga("POST", "/api/v1/users", user)).status, 201);
      const ines = place.ask(second);
      assert.ok((await ines("POST", "/api/v1/session", { name: "ines", password: world.password })).status < 300);
      const repository = await world.makeRepository(
        "kiosk",
        { ".tidegate/pipeline.yaml": file(guard), "app.txt": "first\n" },
        "Open the kiosk",
      );
      const connected = await olga("POST", "/api/v1/pipelines", { repository, branch: "main" });
      assert.equal(connected.status, 201, JSON.stringify(connected.body));
      const target = async () => (await olga("GET", "/api/v1/pipelines/kiosk/targets?name=local/kiosk")).body.items[0];
      await until("it is being deployed", async () => (await target()).state === "deploying" && (await target()).holder != null, 60_000);
      runner.kill("SIGKILL");
      // A lease lasts a minute; only then is contact lost.
      await until("contact is lost", async () => (await target()).state === "unknown", 150_000);

      const page = await place.admin.newPage();
      world.watch(page, "glass");
      await page.goto(`${place.address}/p/kiosk/targets?name=local/kiosk`);
      const panel = page.getByRole("complementary").or(page.getByRole("region", { name: "Target local/kiosk" }));
      await panel.getByText("Contact was lost").first().waitFor();
      await panel.getByRole("button", { name: "Break the glass…" }).click();
      const dialog = page.getByRole("dialog");
      const ask = dialog.getByRole("button", { name: "Ask a second admin" });
      assert.equal(await ask.isDisabled(), true, "a reason and the target's name are needed");
      await dialog.getByLabel("Reason").fill("the machine burnt down");
      await dialog.getByLabel("You found that").selectOption("succeeded");
      await dialog.getByLabel("Type local/kiosk to confirm").fill("local/kiosk");
      await ask.click();
      await dialog.waitFor({ state: "detached" });
      await panel.getByText("olga asked to break the glass").waitFor();
      await panel.getByRole("button", { name: "Break the glass…" }).click();
      await dialog.getByText("Another admin must say the same").waitFor();
      await dialog.getByLabel("Reason").fill("the same again");
      await dialog.getByLabel("Type local/kiosk to confirm").fill("local/kiosk");
      assert.equal(await ask.count(), 1);
      assert.equal(await ask.isDisabled(), true, "one person is not two");
      await look(page, world.out, "dialog-glass", `${place.address}/p/kiosk/targets?name=local/kiosk`, async () => {
        await panel.getByRole("button", { name: "Break the glass…" }).click();
        await dialog.getByText("Another admin must say the same").waitFor();
      });

      const other = await second.newPage();
      world.watch(other, "glass");
      await other.goto(`${place.address}/p/kiosk/targets?name=local/kiosk`);
      await other.getByText("olga asked to break the glass").waitFor();
      await other.getByRole("button", { name: "Break the glass…" }).click();
      await other.getByRole("dialog").getByText("If you say the same, it is done").waitFor();
      await other.getByRole("dialog").getByLabel("Reason").fill("I saw it, too");
      await other.getByRole("dialog").getByLabel("Type local/kiosk to confirm").fill("local/kiosk");
      await other.getByRole("dialog").getByRole("button", { name: "Break the glass" }).click();
      await other.getByRole("dialog").waitFor({ state: "detached" });
      await until("it is known again what runs there", async () => (await target()).state === "live");
      await other.getByRole("button", { name: "Break the glass…" }).waitFor({ state: "detached" });
      // Whoever could only look is offered nothing of it.
      assert.equal(await other.getByText("asked to break the glass").count(), 0);
    } finally {
      await rm(guard, { force: true });
      if (runner !== undefined) await world.stopProgram(runner);
      await second.close();
      await place.admin.close();
    }
  },
};
