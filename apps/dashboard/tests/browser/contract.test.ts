import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";

import { type Hub, until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

// The simplest page that could be: what pages before ours did, from the server that they were developed with.
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><pre id="log"></pre>
<script>
  const hub = new URLSearchParams(location.search).get("hub");
  const log = (text) => { document.getElementById("log").textContent += text + "\\n"; };
  const source = new EventSource(hub + "/events/watch");
  source.addEventListener("open", () => log("open"));
  source.addEventListener("metric_created", (e) => log("created " + JSON.parse(e.data).name));
  source.addEventListener("metric_reading_created", (e) => log("reading " + JSON.parse(e.data).value));
  fetch(hub + "/metrics?with_readings=true").then((r) => r.json()).then((metrics) => {
    for (const { name, readings } of metrics) log("snapshot " + name + " " + readings.map((r) => r.value).join(" "));
  });
</script>`;

let server: Server;

beforeEach(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" }).end(PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

test.each(["localhost", "127.0.0.1"])(
  "a page of another origin on %s works with two listeners and one GET",
  async (host) => {
    const { hub } = stage;
    const cpu = await hub.createMetric("cpu", "1s");
    await hub.addReading(cpu, 1);
    const { port } = server.address() as AddressInfo;
    const page = await stage.openAt(`http://${host}:${port}/?hub=${encodeURIComponent(hub.url)}`, undefined, [
      hub.url,
    ]);
    const log = () => page.locator("#log").textContent();
    await until(async () => /open/.test((await log()) ?? "") && /snapshot cpu 1/.test((await log()) ?? ""));

    const memory = await hub.createMetric("memory", "1s");
    await hub.addReading(memory, 2.5);
    await until(async () => ((await log()) ?? "").endsWith("created memory\nreading 2.5\n"));
  },
);

test("the page is allowed nothing but its own files, and asks no other server", async () => {
  const response = await fetch(stage.hub.url);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  const page = await stage.open();
  await connected(page);
  const inline = await page.evaluate(
    () => document.querySelectorAll("script:not([src]), style, [onclick]").length,
  );
  expect(inline).toBe(0);
});

test("a browser's own EventSource has a stream with an end once, and then stays away", async () => {
  const { hub } = stage;
  const page = await stage.open();
  await connected(page);
  const path = "/events/watch?topic=jobs/42&since=earliest&until_type=done";
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(path)) statuses.push(response.status());
  });
  await hub.publish("piece", "jobs/42", "early");
  await page.evaluate((url) => {
    const source = new EventSource(url);
    const log: string[] = [];
    Object.assign(globalThis, { source, log });
    for (const type of ["piece", "done", "sse.closing", "message"]) {
      source.addEventListener(type, (event) => log.push(`${type} ${(event as MessageEvent<string>).data}`));
    }
  }, path);
  const log = () => page.evaluate(() => (globalThis as unknown as { log: string[] }).log);
  await until(async () => (await log()).length === 1);
  await hub.publish("piece", "jobs/42", "late");
  await hub.publish("done", "jobs/42", "end");
  await hub.publish("piece", "jobs/42", "later");
  const isClosed = () =>
    page.evaluate(() => (globalThis as unknown as { source: EventSource }).source.readyState === 2);
  await until(isClosed);
  expect(statuses).toEqual([200, 204]);
  const closing: unknown = expect.stringMatching(/^sse.closing \{"reason":"done"/);
  expect(await log()).toEqual(["piece early", "piece late", "done end", closing]);
});

/** Publishes a number, and asks again with the same key until it has an answer. */
async function publishOnce(hub: Hub, number: number): Promise<void> {
  await until(async () => {
    try {
      const response = await fetch(`${hub.url}/events`, {
        method: "POST",
        headers: { "Idempotency-Key": `number-${number}` },
        body: JSON.stringify({ type: "number", topic: "numbers", data: number }),
      });
      return response.ok;
    } catch {
      return false; // the hub is not there now
    }
  });
}

interface Counting {
  numbers: number[];
  gaps: string[];
  opened: number;
}

test("a plain EventSource has every event once over kill -9 of a hub with a directory", async () => {
  stage.forgiveFailedRequests();
  const { hub } = stage;
  const directory = mkdtempSync(join(tmpdir(), "sse-history-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  await hub.stop();
  await hub.startAgain("--data-dir", directory);

  const { port } = server.address() as AddressInfo;
  const page = await stage.openAt(`http://127.0.0.1:${port}/?hub=${encodeURIComponent(hub.url)}`, undefined, [
    hub.url,
  ]);
  await page.evaluate((url) => {
    const counting: Counting = { numbers: [], gaps: [], opened: 0 };
    const source = new EventSource(`${url}/events/watch?topic=numbers`);
    source.addEventListener("open", () => (counting.opened += 1));
    source.addEventListener("number", (event: MessageEvent<string>) => {
      counting.numbers.push(Number(event.data));
    });
    source.addEventListener("sse.gap", (event: MessageEvent<string>) => counting.gaps.push(event.data));
    Object.assign(globalThis, { counting });
  }, hub.url);
  const counting = () => page.evaluate(() => (globalThis as unknown as { counting: Counting }).counting);
  await until(async () => (await counting()).opened === 1);

  let published = 0;
  const over = new AbortController();
  const publishing = (async () => {
    while (!over.signal.aborted) await publishOnce(hub, ++published);
  })();
  for (let kills = 1; kills <= 3; ++kills) {
    const before = published;
    await until(async () => (await counting()).numbers.length > before + 10);
    await hub.stop("SIGKILL");
    await hub.startAgain();
    await until(async () => (await counting()).opened === kills + 1);
  }
  over.abort();
  await publishing;
  await until(async () => (await counting()).numbers.at(-1) === published);
  const { numbers, gaps } = await counting();
  expect(numbers).toEqual(Array.from({ length: published }, (_, i) => i + 1));
  expect(gaps).toEqual([]);
});
