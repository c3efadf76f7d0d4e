import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";

import { until } from "../support/hub";
import { Link } from "../support/link";
import { agreed, connected, connectionSays } from "../support/page";
import { Stage } from "../support/stage";

// Long enough not to be taken for the usual; the measuring script stops the hub for as long as one likes.
const STOPPED_SECONDS = Number(process.env.SSE_STOP_SECONDS ?? "2");

describe("a hub as it is", () => {
  const stage = Stage.forTests();

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "after %s and a new start all is as the hub has it",
    async (signal) => {
      stage.forgiveFailedRequests();
      const { hub } = stage;
      const old = await hub.createMetric("old");
      await hub.addReading(old, 1);
      const page = await stage.open();
      await agreed(page, hub);

      await hub.stop(signal);
      await connectionSays(page, "reconnecting");
      await page.getByText(/in \d+ s/).waitFor();
      await hub.startAgain();
      const id = await hub.createMetric("new");
      await hub.addReading(id, 2);
      await page.getByRole("link", { name: "new" }).waitFor();
      await connected(page);
      expect(await page.getByTestId("gap").textContent()).toMatch(/the hub was restarted/);
      await hub.addReading(id, 3);
      await agreed(page, hub);
      await page.getByTestId("alerts").click();
      const list = page.getByRole("table", { name: "Gaps and ends of this page’s stream" });
      await list.getByText("the hub was restarted").waitFor();
    },
  );

  test(
    "a hub that hangs for a while is followed again",
    async () => {
      stage.forgiveFailedRequests();
      const { hub } = stage;
      const id = await hub.createMetric("cpu");
      await hub.addReading(id, 1);
      const page = await stage.open();
      await agreed(page, hub);

      hub.signal("SIGSTOP");
      const begun = Date.now();
      const late = hub.addReading(id, 2);
      await until(
        async () => !(await answers(hub.url)) && Date.now() - begun > STOPPED_SECONDS * 1_000,
        STOPPED_SECONDS * 1_000 + 15_000,
      );
      hub.signal("SIGCONT");
      await late;
      await connected(page);
      await agreed(page, hub);
    },
    60_000 + STOPPED_SECONDS * 1_000,
  );

  test("a page with a fault says so, and loads again by itself", async () => {
    stage.forgive(/broken on purpose/);
    await stage.hub.createMetric("cpu");
    const page = await stage.open();
    await page.clock.install();
    await page.reload();
    await connected(page);
    await page.evaluate(() => {
      // What every count on the page is written with.
      Object.defineProperty(Intl.NumberFormat.prototype, "format", {
        get: () => () => {
          throw new Error("broken on purpose");
        },
      });
    });
    await page.getByRole("link", { name: "Hub" }).click();
    await page.getByRole("heading", { name: "This page has a fault" }).waitFor();
    await page.clock.fastForward(14_000);
    await page.getByText("broken on purpose").waitFor();
    const loaded = page.waitForEvent("load");
    await page.clock.fastForward(2_000);
    await loaded;
    await connected(page);
  });

  test("a reconnect from the cursor is not a gap", async () => {
    stage.forgiveFailedRequests();
    const { hub } = stage;
    const link = await Link.to(hub);
    const id = await hub.createMetric("cpu");
    await hub.addReading(id, 1);
    const page = await stage.openAt(`${link.url}/#/?debug=1`);
    await agreed(page, hub);

    await goOffline(page, link);
    await hub.addReading(id, 2);
    await goOnline(page, link);
    await agreed(page, hub);
    await connected(page);
    expect(await page.getByTestId("gap").textContent()).toBe("");
    await until(async () => (await debugFigure(page, "Reconnects")) !== "0");
    expect(await debugFigure(page, "Snapshots")).toMatch(/^1,/);
    link.close();
  });
});

describe("a hub that forgets quickly", () => {
  const stage = Stage.forTests("--ttl", "300ms");

  test("what expired while the page was offline is told as a gap, and reloaded", async () => {
    stage.forgiveFailedRequests();
    const { hub } = stage;
    const link = await Link.to(hub);
    const id = await hub.createMetric("cpu");
    await hub.addReading(id, 1);
    const page = await stage.openAt(`${link.url}/#/?debug=1`);
    await agreed(page, hub);
    await until(async () => (await debugFigure(page, "Cursor")) !== "none");
    const cursor = await debugFigure(page, "Cursor");

    await goOffline(page, link);
    for (const value of [2, 3, 4]) await hub.addReading(id, value);
    await until(async () => (await resumeOf(hub.url, cursor)).startsWith("gap"));
    await goOnline(page, link);
    await page.getByText(/Gap at .* had expired/).waitFor();
    await agreed(page, hub);
    await page.getByTestId("alerts").click();
    const list = page.getByRole("table", { name: "Gaps and ends of this page’s stream" });
    await list.getByRole("row").filter({ hasText: "had expired" }).getByText(/^\d+$/).waitFor();
    await list.getByText("the connection was lost").waitFor();
    link.close();
  });
});

describe("a hub whose events expire sooner than a heartbeat comes", () => {
  const stage = Stage.forTests("--ttl", "1s");

  test("events of others that are gone are not a gap of a page that shows none of them", async () => {
    const { hub } = stage;
    const id = await hub.createMetric("cpu");
    await hub.addReading(id, 1);
    const page = await stage.open("#/?debug=1");
    await agreed(page, hub);
    const cursor = await debugFigure(page, "Cursor");
    await until(async () => {
      await hub.publish("tick", "", 1);
      return (await resumeOf(hub.url, cursor)).startsWith("gap");
    });
    await page.evaluate(show, "hidden");
    await connectionSays(page, "paused");
    await page.evaluate(show, "visible");
    // The hub says that the cursor is gone, and the page looks what that means.
    await until(async () => (await debugFigure(page, "Gaps")) === "1");
    await connected(page);
    await hub.addReading(id, 2);
    await agreed(page, hub);
    expect(await page.getByTestId("gap").textContent()).toBe("");
  });
});

describe("a hub with room for one", () => {
  const stage = Stage.forTests("--max-clients", "1");

  test("a page that was evicted stays away as long as it is asked to, and comes back by itself", async () => {
    stage.forgiveFailedRequests();
    const { hub } = stage;
    const id = await hub.createMetric("cpu");
    await hub.addReading(id, 1);
    const page = await stage.open();
    await page.clock.install();
    await page.goto(`${hub.url}/#/?window=3600`);
    await page.reload();
    await agreed(page, hub);

    const other = new AbortController();
    await fetch(`${hub.url}/events/watch`, { signal: other.signal });
    await connectionSays(page, "reconnecting");
    await page.getByText(/in [3-6]\d s, the hub is full/).waitFor();
    other.abort();
    await hub.addReading(id, 2);
    await page.clock.fastForward(61_000);
    await connected(page);
    await agreed(page, hub);
  });
});

/** As Wi-Fi that goes away: Chromium's emulation alone lets open streams live. */
async function goOffline(page: Page, link: Link): Promise<void> {
  await page.context().setOffline(true);
  link.cut();
  await connectionSays(page, "reconnecting");
}

/** The browser tells the page, and the page does not wait any longer. */
async function goOnline(page: Page, link: Link): Promise<void> {
  link.restore();
  await page.context().setOffline(false);
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/-/healthz`, { signal: AbortSignal.timeout(300) }).then(
    () => true,
    () => false,
  );
}

// No browser without windows can be told to hide a tab.
function show(state: string): void {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}

/** What the hub would say to a subscriber that came with this cursor. */
async function resumeOf(url: string, cursor: string): Promise<string> {
  const leave = new AbortController();
  const response = await fetch(`${url}/events/watch?last_event_id=${cursor}`, { signal: leave.signal });
  leave.abort();
  return response.headers.get("SSE-Resume") ?? "";
}

async function debugFigure(page: Page, name: string): Promise<string> {
  const term = page.locator(".debug dl > div").filter({ has: page.getByText(name, { exact: true }) });
  return (await term.locator("dd").textContent()) ?? "";
}
