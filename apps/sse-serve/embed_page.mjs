// usage: node embed_page.mjs DIST OUTPUT.cc
// Turns a built page into a source file: every file with its type, its hash and its compressed forms, as
// the table that dashboard.h declares. The same page gives the same bytes; an output that would not change
// is not touched.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/vnd.microsoft.icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

function fail(text) {
  console.error(`embed_page: ${text}`);
  process.exit(1);
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

// Browsers would say so in their console only, on an empty page.
function checkPolicy(html) {
  const inline = html.match(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i);
  if (inline) fail(`index.html holds '${inline[0].trim()}': the page's policy forbids what is inline`);
}

function brotli(bytes) {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

// A form that saves nothing is not worth its own tag.
function ifSmaller(compressed, bytes) {
  return compressed.length < bytes.length ? compressed : Buffer.alloc(0);
}

function readPage(dist) {
  const names = filesBelow(dist).map((path) => relative(dist, path)).sort();
  if (!names.includes("index.html")) fail(`${dist} holds no index.html`);
  return names.map((name) => {
    const type = TYPES[extname(name)];
    if (!type) fail(`${name}: no content type is known for '${extname(name)}'`);
    const bytes = readFileSync(join(dist, name));
    if (extname(name) === ".html") checkPolicy(bytes.toString());
    return {
      path: name === "index.html" ? "/" : `/${name}`,
      type,
      hash: createHash("sha256").update(bytes).digest("hex").slice(0, 32),
      // The bundler puts a hash of its own into the names of what is below assets/.
      freshness: name.startsWith("assets/") ? "kForEver" : "kAskEachTime",
      bytes,
      gzip: ifSmaller(gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }), bytes),
      brotli: ifSmaller(brotli(bytes), bytes),
    };
  });
}

// Browsers ask for /favicon.ico where no page names an icon: while they show an answer in JSON.
function withFavicon(files) {
  const page = files.find((file) => file.path === "/").bytes.toString();
  const link = page.match(/<link[^>]*\srel="icon"[^>]*>/)?.[0].match(/\shref="\.?(\/[^"]*)"/)?.[1];
  const icon = files.find((file) => file.path === link);
  if (!icon || files.some((file) => file.path === "/favicon.ico")) return files;
  return [...files, { ...icon, path: "/favicon.ico", freshness: "kAskEachTime" }];
}

// Octal escapes end after three digits, hexadecimal ones where they like.
function literal(bytes) {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
    text += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `std::string_view("${text}", ${bytes.length})`;
}

function source(files) {
  const rows = files.map(
    (file) => `    StaticFile{"${file.path}", "${file.type}", "${file.hash}", Freshness::${file.freshness},
               ${[file.bytes, file.gzip, file.brotli].map(literal).join(",\n               ")}},
`,
  );
  return `// Made by embed_page.mjs from the built page: ${files.length} files.
#include <array>

#include "dashboard.h"

// g++ and clang take literals of any length; the standard asks for 65,536 characters only.
#pragma GCC diagnostic ignored "-Woverlength-strings"

namespace sse::serve {
namespace {

using http::Freshness;
using http::StaticFile;

constexpr std::array kFiles = {
${rows.join("")}};

}  // namespace

std::span<const StaticFile> dashboard_files() {
  return kFiles;
}

}  // namespace sse::serve
`;
}

const [dist, output] = process.argv.slice(2);
if (!dist || !output) fail("usage: node embed_page.mjs DIST OUTPUT.cc");
const text = source(withFavicon(readPage(dist)));
if (!existsSync(output) || readFileSync(output, "utf8") !== text) writeFileSync(output, text);
