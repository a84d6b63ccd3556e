import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { ended, ownEnvironment, Server } from "./server.mjs";
import { until } from "./until.mjs";

const run = promisify(execFile);

/** Everybody who takes part, by name; the admin makes herself through the first-start page. */
export const people = { olga: "admin", ana: "approver", ben: "approver", omar: "operator", vera: "viewer" };
const password = "a password for the suite";

/** How the first stage that deploys does it; those after it say `*deploy`. */
export const shellDeploy = `deploy: &deploy
      uses: shell/run
      with: {artifact: app, run: 'cat "$TIDEGATE_ARTIFACTS/app/app.txt"'}`;

const pipelineFile = `name: shop
stages:
  - name: build
    jobs:
      - name: package
        steps: [{run: mkdir -p dist && cp app.txt dist/}]
        artifacts: {app: dist}
  - name: beta
    targets: [local/beta]
    ${shellDeploy}
  - name: prod
    production: true
    gates:
      - approval: {count: 1}
    deploy: *deploy
    waves:
      - {targets: [local/a]}
      - {targets: [local/b, local/c]}
`;

/** A server, a repository, a browser, and people in it. */
export class World {
  static async start(out) {
    const binary = process.env.TIDEGATE_BIN;
    if (binary === undefined || !existsSync(binary)) throw new Error("TIDEGATE_BIN must name the tidegate binary to test");
    const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    if (!existsSync(chromiumPath)) throw new Error(`there is no ${chromiumPath}: scripts/install ui, or set CHROMIUM`);
    const world = new World();
    world.out = out;
    world.password = password;
    world.people = people;
    world.folder = await mkdtemp(join(tmpdir(), "tidegate-e2e-"));
    world.contexts = new Map();
    try {
      world.server = await Server.start(binary, join(world.folder, "data"));
      world.repository = await world.makeRepository(
        "shop",
        { ".tidegate/pipeline.yaml": pipelineFile, "app.txt": "first\n" },
        "Open the shop",
      );
      world.browser = await chromium.launch({
        executablePath: chromiumPath,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--disable-dev-shm-usage",
        ],
      });
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  get address() {
    return this.server.address;
  }

  /** A page of somebody who is signed in; each has a browser profile of their own, kept for the whole suite. */
  async as(name, path = "/") {
    const context = await this.context(name);
    const known = context.pages()[0];
    const page = known ?? (await context.newPage());
    if (known === undefined) this.watch(page, name);
    await page.goto(this.address + path);
    return page;
  }

  async context(name, options = {}) {
    const key = JSON.stringify([name, options]);
    const known = this.contexts.get(key);
    if (known !== undefined) return known;
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(60_000);
    await context.tracing.start({ screenshots: false, snapshots: true });
    await context.tracing.startChunk();
    this.contexts.set(key, context);
    if (name in people) await this.signIn(context, name);
    return context;
  }

  async signIn(context, name) {
    const answer = await context.request.post(`${this.address}/api/v1/session`, {
      data: { name, password },
      headers: { origin: this.address },
    });
    if (!answer.ok()) throw new Error(`${name} cannot sign in: ${answer.status()} ${await answer.text()}`);
  }

  /** What a page complains about, beside refusals that a scenario provokes. */
  complaints = [];
  watch(page, name) {
    page.on("pageerror", (error) => this.complaints.push(`${name}: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !/Failed to load resource|net::ERR_/.test(text)) this.complaints.push(`${name}: ${text}`);
    });
  }

  /** A request as somebody, as their browser would send it. */
  async ask(name, method, path, data) {
    const context = await this.context(name);
    const answer = await context.request.fetch(this.address + path, {
      method,
      headers: { origin: this.address },
      ...(data === undefined ? {} : { data }),
    });
    const text = await answer.text();
    return { status: answer.status(), body: text === "" ? undefined : JSON.parse(text) };
  }

  /** Commits, tells the server, and answers the new commit's short sha and release. */
  async commit(title, files = { "app.txt": `${title}\n` }, pipeline = "shop") {
    const repository = join(this.folder, pipeline);
    for (const [name, text] of Object.entries(files)) await writeFile(join(repository, name), text);
    await git(repository, "add", "-A");
    await git(repository, "commit", "-q", "-m", title);
    const sha = (await git(repository, "rev-parse", "HEAD")).trim();
    await this.ask("olga", "POST", `/api/v1/pipelines/${pipeline}/check`);
    const release = await until(`${title} is a release`, async () => {
      const { body } = await this.ask("olga", "GET", `/api/v1/pipelines/${pipeline}/releases?limit=5`);
      return body.items.find((item) => item.revisions.some((revision) => revision.commit === sha));
    });
    return { sha, short: sha.slice(0, 7), number: release.number };
  }

  /** The board as the server tells it. */
  async board() {
    return (await this.ask("olga", "GET", "/api/v1/pipelines/shop/board")).body;
  }

  /** Keeps what is known about a failure, and answers in which folder. */
  async keep(title) {
    const name = title
      .replace(/[^a-z0-9]+/gi, "-")
      .toLowerCase()
      .slice(0, 60);
    const folder = join(this.out, "failures", name);
    await mkdir(folder, { recursive: true });
    for (const [key, context] of this.contexts) {
      const [who, options] = JSON.parse(key);
      const file = join(folder, [who, ...Object.values(options)].join("-"));
      await context
        .pages()[0]
        ?.screenshot({ path: `${file}.png`, caret: "initial" })
        .catch(() => {});
      await context.tracing.stopChunk({ path: `${file}-trace.zip` }).catch(() => {});
      await context.tracing.startChunk().catch(() => {});
    }
    await writeFile(join(folder, "server.log"), this.server.log);
    return folder;
  }

  /** A repository with one commit; answers its path. */
  async makeRepository(name, files, title, settings = {}) {
    const path = join(this.folder, name);
    await mkdir(join(path, ".tidegate"), { recursive: true });
    await run("git", ["init", "-q", "-b", "main", path]);
    await git(path, "config", "user.name", "Mira Okafor");
    await git(path, "config", "user.email", "mira@example.com");
    for (const [key, value] of Object.entries(settings)) await git(path, "config", key, value);
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
    await git(path, "add", "-A");
    await git(path, "commit", "-q", "-m", title);
    return path;
  }

  /** A server of its own with its first admin, for what must not touch the others. */
  async anotherServer(name, settings = {}) {
    const server = await Server.start(this.server.binary, join(this.folder, name), settings);
    this.others.add(server);
    const admin = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    admin.setDefaultTimeout(60_000);
    const ask = (context) => async (method, path, data) => {
      const answer = await context.request.fetch(server.address + path, {
        method,
        headers: { origin: server.address },
        ...(data === undefined ? {} : { data }),
      });
      const text = await answer.text();
      return { status: answer.status(), body: text === "" ? undefined : JSON.parse(text) };
    };
    const made = await ask(admin)("POST", "/api/v1/first-start", { token: await server.firstStartToken(), name: "olga", password });
    if (made.status >= 300) throw new Error(JSON.stringify(made.body));
    return { server, address: server.address, admin, ask };
  }

  /** One command of the program that is tested. */
  run(...args) {
    return run(this.server.binary, args, { env: ownEnvironment() });
  }

  programs = new Set();
  /** Servers beside the first one. */
  others = new Set();

  /** A runner beside the server, which goes on when the server restarts. */
  async startRunner(name, token, address = this.address) {
    const tokenFile = join(this.folder, `${name}.token`);
    await writeFile(tokenFile, token, { mode: 0o600 });
    const workdir = join(this.folder, `runner-${name}`);
    const args = ["runner", "run", "--server", address, "--name", name, "--workdir", workdir, "--token-file", tokenFile, "--drain", "1s"];
    const program = spawn(this.server.binary, args, { stdio: "ignore", env: ownEnvironment() });
    this.programs.add(program);
    return program;
  }

  async stopProgram(program) {
    this.programs.delete(program);
    await ended(program);
  }

  async end() {
    await this.browser?.close().catch(() => {});
    for (const program of this.programs) await ended(program);
    for (const server of this.others) await server.down();
    await this.server?.down();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function git(path, ...args) {
  return (await run("git", ["-C", path, ...args])).stdout;
}
