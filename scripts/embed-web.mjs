// Puts the built interface where the program embeds it, as internal/webui serves it: node embed-web.mjs FROM TO.
// Files that shrink are there twice, by Brotli and by gzip; others as they are.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [from, to] = process.argv.slice(2);
const placeholder = ".placeholder";

for (const name of readdirSync(to)) if (name !== placeholder) rmSync(join(to, name), { recursive: true });

let files = 0;
let bytes = 0;
for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const name = relative(from, path);
  if (!entry.isFile() || name.startsWith(".")) continue; // .vite/manifest.json is for the build alone
  const content = readFileSync(path);
  const brotli = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  const target = join(to, name);
  mkdirSync(dirname(target), { recursive: true });
  if (brotli.length < content.length * 0.95) {
    writeFileSync(`${target}.br`, brotli);
    writeFileSync(`${target}.gz`, gzipSync(content, { level: 9 }));
    bytes += brotli.length;
  } else {
    writeFileSync(target, content);
    bytes += content.length;
  }
  files++;
}
console.log(`${files} files of the web interface, ${(bytes / 1024).toFixed(0)} KB compressed, go into the program.`);
