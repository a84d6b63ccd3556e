// The tests' stand-in for GitHub as a process (`forge`, built beside the server's binary), clones of its repositories, and its API as people use it.
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ownEnvironment } from "./server.mjs";
import { until } from "./until.mjs";

const run = promisify(execFile);

export class Forge {
  /**
   * `members` and `strangers`: logins. Empty repositories of `acme` by their names. `hasApp`: the App is there and installed; else it is yet to be
   * made. `host`: under which name of this machine it is reached.
   */
  static async start(world, { repositories, members, strangers, hasApp = true, host = "127.0.0.1", name = "forge" }) {
    const binary = process.env.TIDEGATE_FORGE ?? join(dirname(world.server.binary), "forge");
    if (!existsSync(binary)) throw new Error(`there is no ${binary}: cargo build -p tidegate-testkit --bin forge, or set TIDEGATE_FORGE`);
    const forge = new Forge();
    forge.folder = join(world.folder, name);
    forge.secret = "a secret of the end-to-end suite";
    forge.keyFile = join(world.folder, `${name}.pem`);
    const all = (option, values) => values.flatMap((value) => [`--${option}`, value]);
    const args = ["--secret", forge.secret, "--host", host, ...(hasApp ? ["--key-file", forge.keyFile] : [])];
    args.push(...all("repository", repositories), ...all("member", members), ...all("stranger", strangers));
    forge.child = spawn(binary, args, { stdio: ["pipe", "pipe", "pipe"], env: ownEnvironment() });
    forge.said = "";
    for (const stream of [forge.child.stdout, forge.child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        forge.said += text;
      });
    }
    const line = await until("the forge says where it is", async () => /^\{.*\}$/m.exec(forge.said)?.[0]);
    Object.assign(forge, JSON.parse(line));
    return forge;
  }

  /** What a server must know to be an App of this forge. */
  get settings() {
    return {
      TIDEGATE_EGRESS_ALLOW_LOOPBACK: "true",
      TIDEGATE_GITHUB_URL: this.url,
      TIDEGATE_GITHUB_APP_ID: this.app_id,
      TIDEGATE_GITHUB_APP_KEY_FILE: this.keyFile,
      TIDEGATE_GITHUB_WEBHOOK_SECRETS: `first=${this.secret}`,
    };
  }

  /** From now on web hooks go to this server. */
  sendHooksTo(address) {
    this.child.stdin.write(`${address}\n`);
  }

  /** A clone of `owner/name` that pushes as somebody. */
  async clone(login, repository) {
    const folder = join(this.folder, login, repository.replace("/", "-"));
    await mkdir(folder, { recursive: true });
    const url = new URL(`${repository}.git`, this.url);
    url.username = login;
    url.password = this.tokens[login];
    await run("git", ["clone", "-q", url.href, folder]);
    const git = async (...args) => (await run("git", ["-C", folder, ...args])).stdout.trim();
    await git("config", "user.name", login);
    await git("config", "user.email", `${login}@example.com`);
    return {
      folder,
      git,
      /** Commits files and pushes the branch; answers the commit. */
      async push(title, files, branch = "main") {
        await git("checkout", "-q", "-B", branch);
        for (const [name, text] of Object.entries(files)) {
          await mkdir(dirname(join(folder, name)), { recursive: true });
          await writeFile(join(folder, name), text);
        }
        await git("add", "-A");
        await git("commit", "-q", "-m", title);
        await git("push", "-q", "origin", branch);
        return git("rev-parse", "HEAD");
      },
    };
  }

  /** GitHub's API, as somebody. */
  async ask(login, method, path, body) {
    const answer = await fetch(new URL(`/api/v3${path}`, this.url), {
      method,
      headers: { accept: "application/vnd.github+json", authorization: `Bearer ${this.tokens[login]}`, "user-agent": "the suite" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Ends it, and fails when anything was asked of it that GitHub does not know. */
  async end() {
    const over = new Promise((done) => this.child.once("exit", done));
    this.child.stdin.end();
    const code = this.child.exitCode ?? (await over);
    if (code !== 0) throw new Error(`the forge ended with ${code}: ${this.said.slice(-2_000)}`);
  }
}
