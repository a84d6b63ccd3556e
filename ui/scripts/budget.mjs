// Fails when what a browser loads has grown beyond ui.md section 9: entry, first load, and every lazily loaded page with all it brings.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const limits = { entry: 130, first_load: 150, lazy: 40 };
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", dist), "utf8"));

const sizes = new Map();
async function kb(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length / 1000);
  return sizes.get(file);
}

/** Every file that a chunk needs at once, without those in `known`. */
function files(key, known = new Set(), found = new Set()) {
  const chunk = manifest[key];
  for (const file of [chunk.file, ...(chunk.css ?? [])]) if (!known.has(file)) found.add(file);
  for (const next of chunk.imports ?? []) if (!found.has(manifest[next].file) && !known.has(manifest[next].file)) files(next, known, found);
  return found;
}
async function sum(list) {
  let total = 0;
  for (const file of list) total += await kb(file);
  return total;
}

const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = files(entryKey);
const scripts = [...first].filter((file) => file.endsWith(".js"));
const rows = [
  ["entry (JS)", await sum(scripts), limits.entry],
  ["first load", (await sum([...first, "theme.js"])) + (await kb("index.html")), limits.first_load],
];
for (const key of Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry)) {
  rows.push([key.replace(/^src\//, ""), await sum(files(key, first)), limits.lazy]);
}
rows.sort((one, other) => other[2] - one[2] || other[1] - one[1]);
let broken = false;
for (const [name, size, limit] of rows) {
  const over = size > limit;
  broken ||= over;
  console.log(`${over ? "OVER" : "ok  "} ${size.toFixed(1).padStart(7)} / ${limit} kB gz  ${name}`);
}
if (broken) {
  console.error("a budget is broken: load it lazily, or take out what is not needed (ui/scripts/budget.mjs has the limits)");
  process.exit(1);
}
