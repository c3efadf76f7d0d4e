// usage: browser_test.cjs SSE_SERVE
// Chromium over https: more EventSources of one origin than HTTP/1.1 has connections are all live, on
// one connection.
"use strict";

const assert = require("node:assert");
const { execFileSync, spawn } = require("node:child_process");
const { existsSync, mkdtempSync, readFileSync, rmSync } = require("node:fs");
const { createRequire } = require("node:module");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const TABS = 7;
const PATIENCE = 60_000;

async function until(condition, what) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function findChromium() {
  const program = process.env.CHROMIUM ?? "/usr/bin/chromium";
  try {
    const ofDashboard = createRequire(join(__dirname, "../../apps/dashboard/package.json"));
    if (existsSync(program)) return { chromium: ofDashboard("playwright-core").chromium, program };
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
  }
  console.log("skipped: chromium and the dashboard's tools are needed");
  process.exit(77);
}

async function startHub(directory) {
  const file = (name) => join(directory, name);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", file("hub.key"), "-out", file("hub.pem"), "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...files, ...names], { stdio: "ignore" });
  const hub = spawn(
    process.argv[2],
    ["--no-config", "--port", "0", "--bind", "127.0.0.1", "--port-file", file("port")].concat(
      ["--tls-cert", file("hub.pem"), "--tls-key", file("hub.key")],
    ),
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  await until(() => existsSync(file("port")), "the hub's port");
  return { hub, url: `https://127.0.0.1:${readFileSync(file("port"), "utf8").trim()}` };
}

async function checkTabs(browser, url) {
  // One context, so that all tabs share what a browser's window shares.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  const tabs = [];
  for (let i = 0; i < TABS; ++i) {
    const page = await context.newPage();
    await page.goto(`${url}/-/healthz`);
    await page.evaluate(() => {
      globalThis.seen = [];
      globalThis.source = new EventSource("/events/watch?since=earliest");
      globalThis.source.onmessage = (event) => globalThis.seen.push(event.data);
    });
    tabs.push(page);
  }
  const publish = (text) =>
    tabs[0].evaluate(async (data) => {
      const body = JSON.stringify({ data });
      const answer = await fetch("/events", { method: "POST", body });
      return answer.status;
    }, text);
  for (const text of ["one", "two"]) assert.equal(await publish(text), 201);
  for (const page of tabs) {
    await until(() => page.evaluate(() => globalThis.seen.length === 2), "both events in each tab");
    const last = await page.evaluate(() => [globalThis.seen[1], globalThis.source.readyState]);
    assert.match(last[0], /two/);
    assert.equal(last[1], 1);
  }
  const protocols = await tabs[0].evaluate(() =>
    performance.getEntriesByType("resource").map((entry) => entry.nextHopProtocol),
  );
  assert.ok(protocols.includes("h2"), String(protocols));
  const series = await tabs[0].evaluate(async () => (await fetch("/-/metrics")).text());
  assert.match(series, /^sse_http2_connections_open 1$/m);
  assert.match(series, new RegExp(`^sse_http2_streams_open ${TABS + 1}$`, "m"));
  await context.close();
}

async function main() {
  const { chromium, program } = findChromium();
  const directory = mkdtempSync(join(tmpdir(), "sse-http2-"));
  const { hub, url } = await startHub(directory);
  let browser;
  try {
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    browser = await chromium.launch({ executablePath: program, args });
    await checkTabs(browser, url);
  } finally {
    await browser?.close();
    hub.kill();
    rmSync(directory, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
