// usage: npm run budget
//
// What a browser must fetch before it can show anything: exit code 1 when it is more than the budget.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const BUDGET = 130_000;

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const html = readFileSync(`${dist}index.html`, "utf8");
const scripts = [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="\.?\/([^"]+\.js)"/g)].map(
  ([, path]) => path ?? "",
);
if (scripts.length === 0) throw new Error("dist/index.html names no script: run `npm run build` first");

let gzipped = 0;
let brotli = 0;
for (const path of scripts) {
  const code = readFileSync(dist + path);
  gzipped += gzipSync(code, { level: 9 }).length;
  brotli += brotliCompressSync(code).length;
}
const verdict = brotli <= BUDGET ? "within" : "over";
console.log(
  `initial script: ${gzipped} bytes by gzip, ${brotli} by brotli; ${verdict} the budget of ${BUDGET}`,
);
process.exitCode = brotli <= BUDGET ? 0 : 1;
