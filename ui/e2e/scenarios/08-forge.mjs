import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { Forge } from "../forge.mjs";
import { look } from "../look.mjs";
import { until } from "../until.mjs";

export const apart = true;

/** A web service as small as can be; what it serves stands in `page.html`. */
const service = `import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = open("page.html", "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;
const shown = (text) => `<!doctype html><title>orders</title><h1>${text}</h1>\n`;

const file = (port, root) => `name: orders
triggers:
  push: {branch: main}
  pull_request: {preview: true}
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: mkdir -p dist && cp service.py page.html dist/}]
        artifacts: {app: dist}
  - name: live
    targets: [local/one]
    deploy:
      uses: process/in-place
      with: {artifact: app, command: python3 -SE service.py, port: ${port}, health: /healthz, mode: restart, root: "${root}"}
`;

/** The first of so many ports that nobody has. */
async function freePorts(count) {
  const isFree = (port) =>
    new Promise((done) => {
      const probe = createServer();
      probe.once("error", () => done(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
    });
  for (let first = 10_000 + (process.pid % 1_000) * 20; ; first += count) {
    const found = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (found.every(Boolean)) return first;
  }
}

/** Nobody listens there. */
const isSilent = (address) =>
  fetch(address).then(
    () => false,
    () => true,
  );

const releasePage = (page) => page.getByRole("heading", { name: /^Release #/ });

/** Everything at once, since each part goes on from the one before. */
async function story(world) {
  const forge = await Forge.start(world, { repositories: ["orders"], members: ["ada"], strangers: ["mallory"] });
  const place = await world.anotherServer("forge", forge.settings);
  forge.sendHooksTo(place.address);
  const root = join(world.folder, "forge-services");
  const port = await freePorts(4);
  const olga = place.ask(place.admin);
  const page = await place.admin.newPage();
  world.watch(page, "forge");
  const release = async (pipeline, number) =>
    (await olga("GET", `/api/v1/pipelines/${encodeURIComponent(pipeline)}/releases/${number}`)).body;
  const comments = (number) => forge.ask("ada", "GET", `/repos/acme/orders/issues/${number}/comments`);
  const commentSays = (number, text) =>
    until(`one comment at pull request ${number} says ${text}`, async () => {
      const all = await comments(number);
      assert.ok(all.length <= 1, `${all.length} comments`);
      return all[0]?.body.includes(text);
    });
  try {
    // A clone is pushed to, and connected in the browser.
    const clone = await forge.clone("ada", "acme/orders");
    await clone.push("Take orders", { ".tidegate/pipeline.yaml": file(port, root), "service.py": service, "page.html": shown("orders") });
    await page.goto(place.address);
    await page.getByRole("button", { name: "Connect a repository…" }).first().click();
    await page.getByLabel("Repository", { exact: true }).fill(forge.repositories[0]);
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.waitForURL(`${place.address}/p/orders`);
    await page.getByRole("region", { name: "live: live" }).waitFor({ timeout: 60_000 });

    // The next push comes by its web hook alone, long before the next poll.
    const second = await clone.push("Count orders", { "page.html": shown("orders, counted") });
    const pushed = Date.now();
    await page
      .getByRole("region", { name: /^build: / })
      .getByText(second.slice(0, 7))
      .waitFor();
    const seen_ms = Date.now() - pushed;
    assert.ok(seen_ms < 10_000, `the push was seen in the browser after ${seen_ms} ms`);
    await page.getByRole("region", { name: "live: live" }).getByText(second.slice(0, 7)).waitFor({ timeout: 60_000 });

    // The forge shows what became of it: a check and a status that lead here, and a deployment.
    const check = await until("the check has succeeded", async () => {
      const { check_runs } = await forge.ask("ada", "GET", `/repos/acme/orders/commits/${second}/check-runs`);
      return check_runs.find((run) => run.conclusion === "success");
    });
    assert.equal(check.name, "tidegate/orders");
    await page.goto(check.details_url);
    await releasePage(page).getByText("Release #2").waitFor();
    await until("the status has succeeded", async () => {
      const [newest] = await forge.ask("ada", "GET", `/repos/acme/orders/commits/${second}/statuses`);
      return newest?.state === "success";
    });
    await until("the deployment has succeeded", async () => {
      const all = await forge.ask("ada", "GET", `/repos/acme/orders/deployments?sha=${second}`);
      const own = all.find((deployment) => deployment.environment === "orders/local/one");
      if (own === undefined) return false;
      const [newest] = await forge.ask("ada", "GET", `/repos/acme/orders/deployments/${own.id}/statuses`);
      return newest?.state === "success";
    });
    await page.goto(`http://localhost:${port}/`);
    await page.getByRole("heading", { name: "orders, counted" }).waitFor();

    // A pull request gets a preview beside the service, and leads to it.
    const change = await clone.push("Sum orders", { "page.html": shown("orders, summed") }, "sums");
    const own = await forge.ask("ada", "POST", "/repos/acme/orders/pulls", { title: "Sum orders", head: "sums", base: "main" });
    const preview = `http://localhost:${port + own.number}`;
    await page.goto(place.address);
    await page.getByRole("link", { name: "orders~pr-1" }).click();
    await page.getByRole("region", { name: "preview: live" }).waitFor({ timeout: 60_000 });
    await commentSays(own.number, `<${preview}>`);
    await page.goto(`${place.address}/p/orders~pr-1/releases/1`);
    const link = page.getByRole("link", { name: preview });
    await link.waitFor();
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
    await look(page, world.out, "release-preview", `${place.address}/p/orders~pr-1/releases/1`);
    const [opened] = await Promise.all([place.admin.waitForEvent("page"), link.click()]);
    await opened.getByRole("heading", { name: "orders, summed" }).waitFor();
    await page.goto(`http://localhost:${port}/`);
    await page.getByRole("heading", { name: "orders, counted" }).waitFor();

    // Another push moves it on.
    assert.equal(await clone.git("rev-parse", "HEAD"), change);
    const better = await clone.push("Sum orders rightly", { "page.html": shown("orders, summed rightly") }, "sums");
    await commentSays(own.number, `The preview runs \`${better.slice(0, 8)}`);
    await opened.reload();
    await opened.getByRole("heading", { name: "orders, summed rightly" }).waitFor();
    await page.goto(`${place.address}/p/orders~pr-1/releases/1`);
    await releasePage(page).getByText("Release #1").waitFor();
    await link.waitFor({ state: "detached" });

    // With the pull request it goes.
    await forge.ask("ada", "PATCH", `/repos/acme/orders/pulls/${own.number}`, { state: "closed" });
    await commentSays(own.number, "the preview is removed");
    await until("nobody listens where the preview was", () => isSilent(preview));
    await opened.close();

    // Somebody from elsewhere forks the repository, and proposes a change.
    await forge.ask("mallory", "POST", "/repos/acme/orders/forks");
    const fork = await forge.clone("mallory", "mallory/orders");
    const foreign = await fork.push("Give orders away", { "page.html": shown("orders, for nothing") }, "gift");
    const pull = await forge.ask("mallory", "POST", "/repos/acme/orders/pulls", { title: "A gift", head: "mallory:gift", base: "main" });
    assert.equal(pull.number, 2);
    await until("the fork's commit is a release", async () => (await release("orders~pr-2", 1))?.trust === "fork");
    await page.goto(`${place.address}/p/orders~pr-2/releases/1`);
    await page.getByText("nobody has trusted this commit").waitFor();
    // No runner of the pool for forks is there: nothing of it has run, and the page says what it waits for.
    const before = await release("orders~pr-2", 1);
    assert.ok(
      before.nodes.flatMap((node) => node.attempts).every((attempt) => attempt.runner == null),
      "something of the fork ran",
    );
    assert.deepEqual(
      before.nodes.filter((node) => node.kind === "job").map((node) => node.key),
      ["build/package"],
      "a fork gets checks alone",
    );
    await page.goto(`${place.address}/runners`);
    const pool = page.getByRole("region", { name: "Pool forks" });
    await pool.getByRole("listitem").filter({ hasText: "orders~pr-2 #1 build/package" }).getByText(/forks/).first().waitFor();
    await commentSays(pull.number, "comes from a fork");
    await page.goto(`${place.address}/p/orders~pr-2/releases/1`);
    await page.getByRole("button", { name: "Trust this commit…" }).click();
    const dialog = page.getByRole("dialog");
    const trust = dialog.getByRole("button", { name: `Trust ${foreign.slice(0, 7)}` });
    assert.equal(await trust.isDisabled(), true, "trust needs a reason");
    await dialog.getByLabel("Reason").fill("read every line of it");
    await trust.click();
    await dialog.waitFor({ state: "detached" });
    await page.goto(`${place.address}/p/orders~pr-2/releases/2`);
    const gift = `http://localhost:${port + 2}`;
    await page.getByRole("link", { name: gift }).waitFor({ timeout: 60_000 });
    const trusted = await release("orders~pr-2", 2);
    assert.equal(trusted.trust, "pull_request");
    assert.ok(
      trusted.nodes.filter((node) => node.kind === "job" && !node.aside).every((node) => node.state === "succeeded"),
      JSON.stringify(trusted.nodes),
    );
    await page.goto(gift);
    await page.getByRole("heading", { name: "orders, for nothing" }).waitFor();

    // Trust was in that commit: the next push asks anew, and the preview stays as it was.
    await fork.push("Take more away", { "page.html": shown("nothing left") }, "gift");
    await until("the next push is a fork's again", async () => (await release("orders~pr-2", 3))?.trust === "fork");
    await page.goto(`${place.address}/p/orders~pr-2/releases/3`);
    await page.getByRole("button", { name: "Trust this commit…" }).waitFor();
    await page.goto(gift);
    await page.getByRole("heading", { name: "orders, for nothing" }).waitFor();
    // What was said stays in the audit log.
    await page.goto(`${place.address}/audit?view=server`);
    await page.getByText("read every line of it").first().waitFor();
    await forge.ask("mallory", "PATCH", "/repos/acme/orders/pulls/2", { state: "closed" });
    await until("the gift is gone", () => isSilent(gift));

    // A preview at which nothing is pushed for a while sleeps, says so, and wakes with the next push.
    await clone.git("checkout", "-q", "main");
    const drowsy = await clone.push("Let previews sleep", { ".tidegate/pipeline.yaml": `${file(port, root)}preview: {idle_sleep: 1m}\n` });
    await page.goto(`${place.address}/p/orders`);
    await page.getByRole("region", { name: "live: live" }).getByText(drowsy.slice(0, 7)).waitFor({ timeout: 60_000 });
    const rounded = Date.now();
    await clone.push("Round orders", { "page.html": shown("orders, rounded") }, "rounds");
    const last = await forge.ask("ada", "POST", "/repos/acme/orders/pulls", { title: "Round orders", head: "rounds", base: "main" });
    const bed = `http://localhost:${port + last.number}`;
    const name = `orders~pr-${last.number}`;
    await until("there is a preview", async () => (await release(name, 1))?.state === "completed");
    await page.goto(`${place.address}/p/${name}/releases/1`);
    await page.getByRole("link", { name: bed }).waitFor({ timeout: 60_000 });
    await until(
      "the preview sleeps",
      async () => {
        // As the next poll would find it, a little earlier.
        if (Date.now() - rounded > 61_000) await olga("POST", "/api/v1/pipelines/orders/check");
        return (await comments(last.number))[0]?.body.includes("the preview sleeps");
      },
      120_000,
    );
    await until("nobody listens while it sleeps", () => isSilent(bed));
    await page.getByRole("link", { name: bed }).waitFor({ state: "detached" });
    await page.goto(`${place.address}/p/${name}/releases/2`);
    await page.getByText("nothing was pushed for a while: the preview sleeps").first().waitFor();
    await look(page, world.out, "release-preview-asleep", `${place.address}/p/${name}/releases/2`);
    await clone.push("Round orders up", { "page.html": shown("orders, rounded up") }, "rounds");
    await page.goto(`${place.address}/p/${name}/releases/3`);
    await page.getByRole("link", { name: bed }).waitFor({ timeout: 60_000 });
    await page.goto(bed);
    await page.getByRole("heading", { name: "orders, rounded up" }).waitFor();
    await forge.ask("ada", "PATCH", `/repos/acme/orders/pulls/${last.number}`, { state: "closed" });
    await until("nobody listens where it was", () => isSilent(bed));
    await forge.end();
  } catch (error) {
    await page.screenshot({ path: join(world.out, "forge.png"), caret: "initial" }).catch(() => {});
    await forge.end().catch(() => {});
    throw new Error(`${error.message}\n${page.url()} ${join(world.out, "forge.png")}\n${place.server.log.slice(-3_000)}`);
  } finally {
    await place.server.down();
    // Services outlive servers and runners by design.
    for (const name of await readdir(root).catch(() => [])) {
      await world.run("in-place", "destroy", "--root", root, "--name", name).catch(() => {});
    }
    await place.admin.close();
  }
}

export const scenarios = {
  "a clone is pushed to: release, statuses, deployment, a preview that comes, goes, sleeps and wakes, and a fork that waits for somebody's trust":
    story,
};
