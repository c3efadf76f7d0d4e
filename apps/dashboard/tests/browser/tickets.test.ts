import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch } from "../support/browser";
import { Hub, until } from "../support/hub";
import { Site } from "../support/site";

const directory = mkdtempSync(join(tmpdir(), "sse-tickets-"));
const file = join(directory, "tokens.toml");

const CUTS = 5;
const EVENTS_BETWEEN = 20;
// More than a browser keeps cookies for one host.
const TICKETS = 300;

/** The code of docs/browsers.md below a heading. */
function code(heading: string): string {
  const path = fileURLToPath(new URL("../../../../docs/browsers.md", import.meta.url));
  const section = readFileSync(path, "utf8").split(`\n## ${heading}\n`)[1]?.split("\n## ")[0];
  const block = section && /^```js\n(.*?)^```/ms.exec(section)?.[1];
  if (!block) throw new Error(`docs/browsers.md has no code below ${heading}`);
  return block;
}

function addToken(id: string, ...rights: string[]): string {
  const words = ["token", "add", id, "--tokens", file, ...rights];
  return execFileSync(Hub.program, words, { encoding: "utf8" }).trim();
}

/** A page whose script is this, with what the document leaves to its reader: `show`. */
function pageWith(script: string) {
  const body = `<!doctype html><title>board</title><script type="module">
    globalThis.shown = [];
    const show = (data) => shown.push(data);
    ${script}
  </script>`;
  return () => Promise.resolve({ type: "text/html", body });
}

describe("pages of others", () => {
  writeFileSync(file, "", { mode: 0o600 });
  const board = addToken("board", "--subscribe", "ci/#", "--subscribe", "users/#");
  const publisher = addToken("ci", "--publish", "#");
  const boss = addToken("boss", "--permission", "admin");

  let browser: Browser;
  let hub: Hub | undefined;
  let sites: Site[] = [];
  let published = 0;

  beforeAll(async () => {
    browser = await launch();
  });
  beforeEach(() => {
    published = 0;
  });
  afterEach(async () => {
    for (const site of sites) site.close();
    sites = [];
    for (const context of browser.contexts()) await context.close();
    await hub?.stop();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });

  async function startHub(...options: string[]): Promise<Hub> {
    hub = await Hub.start("--tokens", file, "--retry", "50ms", ...options);
    hub.token = publisher;
    return hub;
  }

  async function site(host: string): Promise<Site> {
    const opened = await Site.open(host);
    sites.push(opened);
    return opened;
  }

  /** What a page's backend does: its user has logged in there. */
  async function ticketFor(origin: string): Promise<{ type: string; body: string }> {
    const response = await fetch(`${hub?.url ?? ""}/tickets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${board}` },
      body: JSON.stringify({ topics: ["ci/#"], life: "8h", origin }),
    });
    const { url } = (await response.json()) as { url: string };
    return { type: "text/plain", body: url };
  }

  async function publish(count: number): Promise<void> {
    for (let i = 0; i < count; ++i) await hub?.publish("", "ci/web", published++);
  }

  async function openPage(url: string): Promise<Page> {
    const context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async function ask(path: string): Promise<string> {
    const headers = { Authorization: `Bearer ${boss}` };
    return (await fetch(`${hub?.url ?? ""}${path}`, { headers })).text();
  }
  const opened = async () =>
    Number(/^sse_streams_opened_total (\d+)$/m.exec(await ask("/-/metrics"))?.[1] ?? "0");
  const isOpen = () =>
    until(async () => (JSON.parse(await ask("/-/streams")) as { open: number }).open === 1);

  const shown = (page: Page) => page.evaluate(() => (globalThis as unknown as { shown: unknown[] }).shown);

  async function sawAll(page: Page): Promise<void> {
    await until(async () => (await shown(page)).length >= published);
    expect(await shown(page)).toEqual([...Array(published).keys()]);
  }

  /** Cuts while events are published, and looks that each was shown once, in order. */
  async function survives(page: Page, cut: () => void): Promise<void> {
    await isOpen();
    for (let i = 0; i < CUTS; ++i) {
      await publish(EVENTS_BETWEEN);
      cut();
      await publish(EVENTS_BETWEEN);
      await until(async () => (await shown(page)).length >= published);
    }
    await sawAll(page);
  }

  test("a ticket of the hub's own site survives five cuts, and the page has no code for it", async () => {
    const front = await site("127.0.0.1");
    front.hub = await startHub("--public-url", front.origin);
    front.answers = {
      "/board": pageWith(code("On the hub's own site")),
      "/ticket": () => ticketFor(front.origin),
    };
    const page = await openPage(`${front.origin}/board`);
    await survives(page, () => front.cut());

    // One ticket was enough, and its URL out of a log is worth nothing.
    const [target = ""] = (front.log.at(-1) ?? "").split(" ");
    expect(new Set(front.log.map((line) => line.split(" ")[0])).size).toBe(1);
    expect(front.log.length).toBeGreaterThan(CUTS);
    expect((await fetch(`${front.origin}${target}`)).status).toBe(401);
  });

  test("across two sites the twenty lines of the document do, and each ticket is used once", async () => {
    const front = await site("127.0.0.1");
    const other = await site("localhost");
    front.hub = await startHub("--public-url", front.origin, "--cors-origin", other.origin);
    const script = `${code("On another site")}; listen((event) => show(JSON.parse(event.data)));`;
    other.answers = { "/board": pageWith(script), "/ticket": () => ticketFor(other.origin) };
    const page = await openPage(`${other.origin}/board`);
    await survives(page, () => front.cut());

    // No cookie came with any of them: it is another site, and not only another origin.
    expect(front.log.filter((line) => line.includes("sse-"))).toEqual([]);
    expect(new Set(front.log.map((line) => line.split("&")[0])).size).toBeGreaterThan(CUTS);
  });

  test("another origin of the hub's site needs no lines, only credentials", async () => {
    const front = await site("localhost");
    const other = await site("localhost");
    front.hub = await startHub("--public-url", front.origin, "--cors-origin", other.origin);
    const script = `const url = await (await fetch("/ticket")).text();
      new EventSource(url, { withCredentials: true }).onmessage = ({ data }) => show(JSON.parse(data));`;
    other.answers = { "/board": pageWith(script), "/ticket": () => ticketFor(other.origin) };
    const page = await openPage(`${other.origin}/board`);
    await survives(page, () => front.cut());
    expect(new Set(front.log.map((line) => line.split(" ")[0])).size).toBe(1);
  });

  test.each([
    ["rate", ["--rate-open", "1/s"]],
    ["full", ["--max-clients", "1", "--when-full", "reject"]],
  ])("a first use that is refused (%s) comes back by itself, and is live then", async (_, options) => {
    const front = await site("127.0.0.1");
    front.isHasty = true;
    front.hub = await startHub("--public-url", front.origin, ...options);
    front.answers = {
      "/board": pageWith(code("On the hub's own site")),
      "/ticket": () => ticketFor(front.origin),
    };
    const other = new AbortController();
    const headers = { Authorization: `Bearer ${board}` };
    await fetch(`${front.hub.url}/events/watch`, { headers, signal: other.signal });
    const page = await openPage(`${front.origin}/board`);
    await until(() => front.log.length >= 2);
    expect(front.log[0]).not.toContain("sse-");
    expect(front.log[1]).toContain("sse-");
    other.abort();
    await until(async () => (await opened()) === 2);
    await publish(3);
    await sawAll(page);
  });

  test("300 tickets below a proxy's prefix leave a login and a page's own cookies alone", async () => {
    const front = await site("127.0.0.1");
    front.prefix = "/hub/";
    front.hub = await startHub("--public-url", `${front.origin}/hub`);
    const script = `
      document.cookie = "app=kept; path=/";
      const headers = { Authorization: "Bearer ${board}" };
      const login = await fetch("/hub/session", { method: "POST", headers });
      globalThis.loggedIn = login.status;
      for (let i = 0; i < ${TICKETS}; ++i) {
        globalThis.source?.close();
        globalThis.source = new EventSource(await (await fetch("/ticket")).text());
        await new Promise((resolve) => (source.onopen = resolve));
      }
      source.onmessage = ({ data }) => show(JSON.parse(data));
      globalThis.who = await (await fetch("/hub/session")).json();`;
    front.answers = { "/board": pageWith(script), "/ticket": () => ticketFor(front.origin) };
    const page = await openPage(`${front.origin}/board`);
    await page.waitForFunction(() => "who" in globalThis, undefined, { timeout: 60_000 });
    expect(await page.evaluate("[loggedIn, who.principal, who.session]")).toEqual([201, "token:board", true]);
    await survives(page, () => front.cut());
    const names = (await page.context().cookies()).map(({ name }) => name);
    expect(names).toContain("app");
    expect(names.filter((name) => /^sse-\d+-/.test(name)).length).toBeLessThanOrEqual(17);
  }, 90_000);
});
