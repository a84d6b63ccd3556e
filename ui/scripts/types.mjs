// Makes src/api/schema.ts from docs/openapi.json. With --check: fails if the committed file is not what would be made.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../docs/openapi.json", import.meta.url);
const target = new URL("../src/api/schema.ts", import.meta.url);

const document = JSON.parse(await readFile(source, "utf8"));
const made = `// Made from docs/openapi.json by \`npm run types\`. Do not edit.\n${astToString(
  await openapiTS(document, { alphabetize: true, defaultNonNullable: false }),
)}`;

if (process.argv.includes("--check")) {
  const kept = await readFile(target, "utf8").catch(() => "");
  if (kept !== made) {
    console.error("src/api/schema.ts does not belong to docs/openapi.json: run `npm run types` and commit the result");
    process.exit(1);
  }
} else {
  await writeFile(target, made);
}
