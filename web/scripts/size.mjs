// Says what a first visit loads, and fails when it is too much: `npm run size`, and the end of every build.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limit = Number(process.env.SIZE_LIMIT_KB ?? 250);
const shellLimit = 200;
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const entry = Object.values(manifest).find((chunk) => chunk.isEntry);

/** The chunks that a chunk needs before it runs. */
function closure(chunk, seen = new Set()) {
  if (!chunk || seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const name of chunk.imports ?? []) closure(manifest[name], seen);
  return seen;
}

const gzip = (file) => gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length / 1024;
const kb = (n) => `${n.toFixed(1).padStart(7)} KB`;
const shell = closure(entry);
for (const locale of ["en", "ko"]) closure(manifest[`src/messages/${locale}/index.ts`], locale === "en" ? shell : new Set());

const rows = [];
let first = 0;
for (const chunk of shell) first += gzip(chunk.file);
const css = [...shell].flatMap((chunk) => chunk.css ?? []).reduce((sum, file) => sum + gzip(file), 0);
const home = closure(manifest["src/pages/home/HomePage.tsx"], new Set());
let firstPage = first;
for (const chunk of home) if (!shell.has(chunk)) firstPage += gzip(chunk.file);
rows.push(["the frame: JavaScript, with one language", first], ["the frame: CSS", css], ["the first visit: JavaScript, with Home", firstPage]);
for (const [name, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  let sum = 0;
  for (const part of closure(chunk)) if (!shell.has(part)) sum += gzip(part.file);
  if (sum > 0) rows.push([`  + ${chunk.name ?? name}`, sum]);
}
for (const [name, size] of rows) console.log(`${kb(size)}  ${name}`);
for (const [what, size, most] of [["The frame", first, shellLimit], ["The first visit", firstPage, limit]]) {
  if (size <= most) continue;
  console.error(`${what} is ${size.toFixed(1)} KB of JavaScript (gzip), more than ${most} KB. Load something of it later.`);
  process.exitCode = 1;
}
