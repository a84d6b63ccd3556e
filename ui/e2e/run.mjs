// The end-to-end suite: a real server, a real browser, and people who act in it.
//
//   TIDEGATE_BIN=../target/debug/tidegate node e2e/run.mjs [part of a scenario's name …]
//
// Starts what it needs below a temporary folder, ends what it started, keeps pictures below e2e/out/, and prints where the trace of a failure is.
import { mkdir, readdir, rm } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import { World } from "./world.mjs";

const out = fileURLToPath(new URL("out/", import.meta.url));
const folder = new URL("scenarios/", import.meta.url);
const wanted = process.argv.slice(2);
const names = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const world = await World.start(out);
const started = performance.now();
let failed = 0;
const alongside = [];
try {
  for (const name of names) {
    const { scenarios, needed = false, apart = false } = await import(pathToFileURL(fileURLToPath(new URL(name, folder))).href);
    // What prepares the server for the others runs in any case.
    if (wanted.length > 0 && !needed && !wanted.some((part) => name.includes(part))) continue;
    // What has a server of its own and mostly waits goes on beside the others.
    if (apart) alongside.push(runAll(scenarios));
    else if (!(await runAll(scenarios)) && needed) throw new Error("what the other scenarios need is not there");
  }
} catch (error) {
  failed += failed === 0 ? 1 : 0;
  console.error(error instanceof Error ? error.message : error);
} finally {
  await Promise.allSettled(alongside);
  await world.end();
}
console.log(`${failed === 0 ? "all scenarios are well" : `${failed} failed`} after ${seconds(started)}; pictures: ${out}`);
process.exit(failed === 0 ? 0 : 1);

/** Each in its turn; answers whether all of them were well. */
async function runAll(scenarios) {
  let isWell = true;
  for (const [title, act] of Object.entries(scenarios)) {
    const from = performance.now();
    try {
      await act(world);
      console.log(`ok    ${seconds(from)}  ${title}`);
    } catch (error) {
      failed += 1;
      isWell = false;
      console.log(`FAIL  ${seconds(from)}  ${title}\n${indented(error)}`);
      console.log(indented(`pictures, traces (npx playwright-core show-trace FILE) and the server's log: ${await world.keep(title)}`));
    }
  }
  return isWell;
}

function seconds(from) {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}

function indented(text) {
  const lines = String(text instanceof Error ? text.message : text).split("\n");
  return lines.map((line) => `      ${line}`).join("\n");
}
