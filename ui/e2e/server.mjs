// A Tidegate server with a runner inside, in a folder of its own; and, where the binary holds another build of the pages, a door before it
// that serves ui/dist.
import { spawn } from "node:child_process";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

export class Server {
  static async start(binary, data) {
    const server = new Server();
    server.binary = binary;
    server.data = data;
    server.port = await freePort();
    server.doorPort = await freePort();
    server.log = "";
    await server.up();
    server.address = `http://127.0.0.1:${server.port}`;
    const page = await (await fetch(server.address)).text();
    const built = readFileSync(join(dist, "index.html"), "utf8");
    if (page !== built) {
      console.log("the binary holds other pages than ui/dist: a door serves ui/dist before it");
      server.door = await openDoor(server.doorPort, server.port);
      server.address = `http://127.0.0.1:${server.doorPort}`;
    }
    return server;
  }

  /** Starts the process; also after `down`. */
  async up() {
    const { publicUrl } = this;
    const args = ["server", "--data", this.data, "--listen", `127.0.0.1:${this.port}`, "--public-url", publicUrl, "--runner"];
    const child = spawn(this.binary, args, { stdio: ["ignore", "pipe", "pipe"], env: ownEnvironment() });
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
      return (await fetch(`${publicUrl}/readyz`)).ok;
    });
  }

  /** What the server believes its address to be. */
  get publicUrl() {
    return `http://127.0.0.1:${this.port}`;
  }

  async down() {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(hard);
  }

  async end() {
    await this.down();
    this.door?.closeAllConnections();
    await new Promise((done) => (this.door === undefined ? done() : this.door.close(done)));
  }

  /** The one-time token of the link that the server printed. */
  firstStartToken() {
    return until("the server prints its first-start link", async () => /first-start[#?/](?:token=)?([\w.-]+)/.exec(this.log)?.[1]);
  }
}

/** Settings of whoever runs the suite are no settings of its server. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TIDEGATE_")));
}

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

async function openDoor(port, behind) {
  const door = http.createServer((request, response) => {
    const path = new URL(request.url, "http://door").pathname;
    if (/^\/(api|problems|healthz|readyz|metrics$)/.test(path) && !(path === "/metrics" && request.headers.accept?.includes("text/html"))) {
      const headers = { ...request.headers, host: `127.0.0.1:${behind}` };
      const onward = http.request({ port: behind, method: request.method, path: request.url, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.writeHead(502).end("the server is away"));
      response.on("close", () => onward.destroy());
      request.pipe(onward);
      return;
    }
    const file = join(dist, normalize(path));
    const found = path !== "/" && existsSync(file) && statSync(file).isFile() ? file : join(dist, "index.html");
    response.writeHead(200, { "content-type": types[extname(found)] ?? "application/octet-stream", "content-security-policy": policy });
    createReadStream(found).pipe(response);
  });
  await new Promise((done) => door.listen(port, "127.0.0.1", done));
  return door;
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
