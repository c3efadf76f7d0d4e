import { expect, test } from "vitest";

import { until } from "../support/hub";
import { agreed, connected, streamsOf } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

test("what the hub stores is there after loading, and what comes after it follows", async () => {
  const cpu = await stage.hub.createMetric("cpu", "1s");
  await stage.hub.addReading(cpu, 1.5);
  await stage.hub.addReading(cpu, 2.5);
  const page = await stage.open();
  await agreed(page, stage.hub);

  await stage.hub.addReading(cpu, 40.25);
  await page.getByText("40.25", { exact: true }).first().waitFor();
  await agreed(page, stage.hub);
});

test("metrics that are created and deleted elsewhere come and go", async () => {
  const page = await stage.open();
  await page.getByRole("heading", { name: "No metrics yet" }).waitFor();
  const id = await stage.hub.createMetric("memory", "1s");
  await page.getByRole("link", { name: "memory" }).waitFor();
  await fetch(`${stage.hub.url}/metrics/${id}`, { method: "DELETE" });
  await page.getByRole("heading", { name: "No metrics yet" }).waitFor();
});

test("readings that come while the page loads are neither missed nor taken twice", async () => {
  const ids = await Promise.all(["a", "b", "c"].map((name) => stage.hub.createMetric(name)));
  const enough = new AbortController();
  const feeding = (async () => {
    for (let round = 0; !enough.signal.aborted; round += 1) {
      await stage.hub.addReadings(ids.map((metric_id, index) => ({ metric_id, value: round * (index + 1) })));
    }
  })();
  const page = await stage.open();
  await connected(page);
  await until(async () => (await page.getByTestId("rate").textContent()) !== "0/s");
  await page.reload();
  await connected(page);
  enough.abort();
  await feeding;
  await agreed(page, stage.hub);
});

test("a metric whose readings stop is said to be silent", async () => {
  const id = await stage.hub.createMetric("heartbeat", "10ms");
  await stage.hub.addReading(id, 1);
  const page = await stage.open();
  await page.getByText(/silent since \d\d:\d\d:\d\d/).waitFor();
});

test("a card without readings in its window says so, until there is one", async () => {
  const id = await stage.hub.createMetric("cpu", "1s");
  await stage.hub.addReading(id, 7, new Date(Date.now() - 150_000).toISOString());
  const page = await stage.open();
  const empty = page.locator(".card").getByText("No readings in this window.");
  await empty.waitFor();
  await page.getByRole("button", { name: "5 min", exact: true }).click();
  await empty.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "1 min", exact: true }).click();
  await empty.waitFor();
  await stage.hub.addReading(id, 9);
  await empty.waitFor({ state: "detached" });
});

test("the window says how far the readings reach", async () => {
  const id = await stage.hub.createMetric("cpu", "1s");
  await stage.hub.addReading(id, 7, new Date(Date.now() - 150_000).toISOString());
  await stage.hub.addReading(id, 9);
  const page = await stage.open();
  await page.getByRole("button", { name: "1 h" }).click();
  await page.getByText(/loaded: the last 2 min 3\d s/).waitFor();
  await agreed(page, stage.hub);
  await page.getByRole("button", { name: "1 min" }).click();
  await until(async () => (await page.locator(".card-summary dd").first().textContent()) === "9");
});

test("a hidden tab has no stream, and catches up when it is seen", async () => {
  const id = await stage.hub.createMetric("cpu");
  const page = await stage.open();
  await connected(page);
  expect(await streamsOf(stage.hub)).toBe(1);

  await page.evaluate(show, "hidden");
  await until(async () => (await streamsOf(stage.hub)) === 0);
  await stage.hub.addReading(id, 11);
  await page.evaluate(show, "visible");
  await connected(page);
  await agreed(page, stage.hub);
});

test("all windows of a browser have one stream, which goes on when one of them closes", async () => {
  const { hub } = stage;
  const id = await hub.createMetric("cpu");
  const page = await stage.open();
  await connected(page);
  const second = await page.context().newPage();
  await second.goto(`${hub.url}/#/events`);
  await connected(second);
  expect(await streamsOf(hub)).toBe(1);
  await hub.addReading(id, 11);
  await page.getByText("11", { exact: true }).first().waitFor();
  await second.locator(".event-type", { hasText: "metric_reading_created" }).waitFor();
  await page.close();
  await hub.publish("deploy", "ci/api", 1);
  await second.locator(".event-type", { hasText: "deploy" }).waitFor();
  expect(await streamsOf(hub)).toBe(1);
  await second.goto("about:blank");
  await until(async () => (await streamsOf(hub)) === 0);
});

test("a browser without workers that windows share has a stream for each", async () => {
  const page = await stage.openAt("about:blank", undefined, [stage.hub.url]);
  await page.context().addInitScript(() => {
    Reflect.deleteProperty(window, "SharedWorker");
  });
  await page.goto(`${stage.hub.url}/`);
  await connected(page);
  const id = await stage.hub.createMetric("cpu");
  await stage.hub.addReading(id, 11);
  await page.getByText("11", { exact: true }).first().waitFor();
});

test("a shared worker that fails leaves each window its own stream", async () => {
  const page = await stage.openAt("about:blank", undefined, [stage.hub.url]);
  await page.context().addInitScript(() => {
    class FailingWorker extends EventTarget {
      readonly port = new MessageChannel().port1;
      constructor() {
        super();
        setTimeout(() => this.dispatchEvent(new Event("error")), 300);
      }
    }
    Object.assign(window, { SharedWorker: FailingWorker });
  });
  await page.goto(`${stage.hub.url}/`);
  await connected(page);
  const id = await stage.hub.createMetric("cpu");
  await stage.hub.addReading(id, 11);
  await page.getByText("11", { exact: true }).first().waitFor();
});

test("the delay and the rate of events are shown", async () => {
  const id = await stage.hub.createMetric("cpu");
  const page = await stage.open();
  await connected(page);
  for (let value = 0; value < 20; value += 1) await stage.hub.addReading(id, value);
  await until(async () => /^\d+ ms$/.test((await page.getByTestId("delay").textContent()) ?? ""));
  await until(async () => (await page.getByTestId("rate").textContent()) !== "0/s");
});

// No browser without windows can be told to hide a tab.
function show(state: string): void {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange"));
}
