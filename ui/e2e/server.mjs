// A Tidegate server with a runner inside, in a folder of its own. Its pages are what the binary serves: an optimised one holds them, a debug
// one reads ui/dist.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const built = fileURLToPath(new URL("../dist/index.html", import.meta.url));

export class Server {
  /** `settings`: by the names of their environment variables. */
  static async start(binary, data, settings = {}) {
    const server = new Server();
    server.settings = settings;
    server.binary = binary;
    server.data = data;
    server.port = await freePort();
    server.log = "";
    try {
      await server.up();
      const page = await (await fetch(server.address)).text();
      if (page !== readFileSync(built, "utf8"))
        throw new Error(`${binary} serves other pages than ui/dist: build the pages, then the binary`);
    } catch (error) {
      await server.down();
      throw error;
    }
    return server;
  }

  /** Starts the process; also after `down`. */
  async up() {
    const { address } = this;
    const args = ["server", "--data", this.data, "--listen", `127.0.0.1:${this.port}`, "--public-url", address, "--runner"];
    const child = spawn(this.binary, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...ownEnvironment(), ...this.settings } });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.log += text;
      });
    }
    await until("the server answers", async () => {
      if (child.exitCode !== null)
        throw Object.assign(new Error(`the server ended with ${child.exitCode}:\n${this.log.slice(-2000)}`), { isFinal: true });
      return (await fetch(`${address}/readyz`)).ok;
    });
  }

  get address() {
    return `http://127.0.0.1:${this.port}`;
  }

  async down() {
    if (this.child !== undefined) await ended(this.child);
  }

  /** The one-time token of the link that the server printed. */
  firstStartToken() {
    return until("the server prints its first-start link", async () => /first-start[#?/](?:token=)?([\w.-]+)/.exec(this.log)?.[1]);
  }
}

/** Tells a program to end and waits for that; one that does not listen is killed. */
export async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await over;
  clearTimeout(hard);
}

/** Settings of whoever runs the suite are no settings of its server. */
export function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TIDEGATE_")));
}

function freePort() {
  return new Promise((done, refuse) => {
    const probe = createServer();
    probe.once("error", refuse);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
