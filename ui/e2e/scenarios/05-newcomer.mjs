import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { ownEnvironment } from "../server.mjs";
import { until } from "../until.mjs";

/** The tour, as a newcomer starts it. It ends with everything that it started when it is interrupted. */
async function demo(world) {
  const program = spawn(world.server.binary, ["demo"], { stdio: ["ignore", "pipe", "pipe"], env: ownEnvironment() });
  let said = "";
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      said += text;
    });
  }
  const over = new Promise((done) => program.once("exit", done));
  const end = async () => {
    program.kill("SIGINT");
    const hard = setTimeout(() => program.kill("SIGKILL"), 20_000);
    await over;
    clearTimeout(hard);
  };
  try {
    const line = /open (\S+) and sign in as (\w+), .* password (\S+)/;
    const [, address, name, password] = await until("the demo says where to look", async () => line.exec(said), 60_000);
    return { address, name, password, end, said: () => said };
  } catch (error) {
    await end();
    throw new Error(`${error.message}\n${said.slice(-2_000)}`);
  }
}

export const apart = true;

export const scenarios = {
  "a newcomer in the demo finds the newest commit, why it waits, and how to approve and to roll back": async (world) => {
    const tour = await demo(world);
    const context = await world.browser.newContext({ viewport: { width: 1440, height: 900 } });
    context.setDefaultTimeout(90_000);
    const page = await context.newPage();
    world.watch(page, "newcomer");
    try {
      // The address that was printed, and the words beside it, are all that a newcomer has.
      await page.goto(tour.address);
      await page.getByLabel("Name").fill(tour.name);
      await page.getByLabel("Password").fill(tour.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("Open the shop").first().waitFor();

      // Where is the newest commit?
      await page.getByRole("link", { name: "Commits", exact: true }).click();
      const newest = page.getByRole("listbox", { name: "Commits, newest first" }).getByRole("option").first();
      await newest.waitFor();

      // Why does it wait? The gate in the picture says so, and what the newcomer can do.
      const gate = page.getByRole("button", { name: /^Before prod · wave-1: waits for .*approv.*you can act/ });
      await gate.waitFor();
      await gate.click();
      await page.getByRole("button", { name: /^Review #\d+…$/ }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: /^Approve [0-9a-f]{7}/ }).click();
      await dialog.waitFor({ state: "detached" });

      // The next commits come by themselves; the last of them waits in its turn, and is let through as well.
      await page.getByRole("option", { name: /Spell it right/ }).waitFor();
      await page.getByRole("link", { name: "Board", exact: true }).click();
      const review = page.getByRole("button", { name: "Review the approval before prod · wave-1" });
      const wave = page.getByRole("region", { name: /^wave-1: / });
      await until(
        "the commit is in the first wave",
        async () => {
          // Ana, who takes part in the tour, may have been faster.
          if (await review.isVisible()) {
            await review.click();
            const approve = dialog.getByRole("button", { name: /^Approve [0-9a-f]{7}/ });
            if (await approve.isEnabled().catch(() => false)) await approve.click();
            await dialog.waitFor({ state: "detached", timeout: 5_000 }).catch(() => page.keyboard.press("Escape"));
          }
          return /Spell it right/.test(await wave.innerText());
        },
        150_000,
      );

      // And back.
      await wave.getByRole("button", { name: "Roll back wave-1…" }).click();
      const step = await dialog.getByRole("list", { name: "What happens at each target" }).innerText();
      const earlier = /→ #\d+\s+([0-9a-f]{7})/.exec(step)?.[1] ?? assert.fail(`no destination in: ${step}`);
      await dialog.getByLabel("Reason").fill("the sale is over");
      await dialog.getByRole("button", { name: "Roll back 1 target" }).click();
      await dialog.getByText("Done. 1 of 1").waitFor();
      await dialog.getByRole("button", { name: "Close" }).last().click();
      await until("the wave runs the earlier commit again", async () => (await wave.innerText()).includes(earlier), 60_000);
      await page.getByText("the sale is over").first().waitFor();
    } catch (error) {
      await page.screenshot({ path: `${world.out}/newcomer.png`, caret: "initial" }).catch(() => {});
      throw new Error(`${error.message}\n${world.out}newcomer.png\n${tour.said().slice(-1_500)}`);
    } finally {
      await context.close();
      await tour.end();
    }
  },
};
