import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { type Hub, until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

test("a search shows what it finds, and survives a reload", async () => {
  await create(stage.hub, "cpu user", "cpu system", "memory");
  const page = await stage.open();
  await page.getByRole("searchbox", { name: "Search metrics" }).fill("CPU");
  await namesAre(page, "cpu user", "cpu system");
  await page.getByText("2 of 3").waitFor();
  await page.reload();
  await namesAre(page, "cpu user", "cpu system");
  await page.getByRole("searchbox", { name: "Search metrics" }).fill("disk");
  await page.getByText("No metric has “disk” in its name.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await namesAre(page, "cpu user", "cpu system", "memory");
});

test("metrics are sorted by name and by value", async () => {
  const ids = await create(stage.hub, "c", "a", "b");
  for (const [index, value] of [5, 7, 9].entries()) await stage.hub.addReading(ids[index] ?? "", value);
  const page = await stage.open();
  await namesAre(page, "c", "a", "b");
  await page.getByLabel("Sort by").selectOption("Name");
  await namesAre(page, "a", "b", "c");
  await page.getByLabel("Sort by").selectOption("Latest value");
  await namesAre(page, "b", "a", "c");
  await page.reload();
  await namesAre(page, "b", "a", "c");
});

test("the keyboard is enough", async () => {
  await create(stage.hub, "one", "two", "three");
  const page = await stage.open();
  await namesAre(page, "one", "two", "three");

  await page.keyboard.press("/");
  await page.keyboard.type("t");
  await namesAre(page, "two", "three");
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await namesAre(page, "one", "two", "three");

  await page.getByRole("link", { name: "one" }).focus();
  await page.keyboard.press("ArrowRight");
  expect(await focused(page)).toBe("two");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "two" }).waitFor();

  await page.keyboard.press("+");
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Back to live" }).waitFor({ state: "detached" });
  await page.keyboard.press("5");
  await page.locator("button[aria-pressed=true]", { hasText: "1 h" }).waitFor();
  await page.keyboard.press("e");
  await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
  await page.keyboard.press("m");
  await namesAre(page, "one", "two", "three");
  await page.keyboard.press("d");
  await page.getByRole("complementary", { name: "Debug" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("n");
  await page.getByRole("dialog", { name: "New metric" }).waitFor();
  expect(await focusedField(page)).toBe("name");
});

test("hovering says the exact value, and dragging zooms for all charts", async () => {
  const [id = ""] = await create(stage.hub, "cpu");
  const now = Date.now();
  await stage.hub.addReadings(
    [0.1234567890123, 2, 3].map((value, index) => ({
      metric_id: id,
      value,
      timestamp: new Date(now - 30_000 + index * 5_000).toISOString(),
    })),
  );
  const page = await stage.open(`#/metrics/${id}`);
  const box = await page.locator(".with-axes .u-over").boundingBox();
  if (!box) throw new Error("no chart");
  const middle = box.y + box.height / 2;
  await until(async () => {
    await page.mouse.move(box.x + 2, middle);
    await page.mouse.move(box.x + 4, middle);
    return ((await page.locator(".with-axes .readout").textContent()) ?? "").startsWith(
      "0.1234567890123 at ",
    );
  });

  await page.mouse.move(box.x + box.width * 0.4, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, middle, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  expect(page.url()).toMatch(/from=\d+&to=\d+/);
  await page.reload();
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link").click();
  await page.getByRole("button", { name: "Back to live" }).click();
  expect(page.url()).not.toContain("from=");
});

test("a link to a metric that is gone says so", async () => {
  const page = await stage.open("#/metrics/019bd1f0-63d2-7a52-9b8a-30c3ad0c5c5e");
  await page.getByRole("heading", { name: "No such metric" }).waitFor();
});

test("the readings of a metric are listed exactly, and downloaded", async () => {
  const [id = ""] = await create(stage.hub, "a b/c");
  for (let value = 0; value < 60; value += 1) await stage.hub.addReading(id, value + 0.1234567890123);
  const page = await stage.open(`#/metrics/${id}`);
  await page.getByRole("cell", { name: "59.1234567890123" }).waitFor();
  expect(await page.locator("tbody tr").count()).toBe(50);
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByRole("cell", { name: "0.1234567890123", exact: true }).waitFor();

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("a-b-c.csv");
  let text = "";
  for await (const chunk of await download.createReadStream()) text += String(chunk);
  const stored = (await stage.hub.metrics())[0]?.readings ?? [];
  const lines = stored.map(({ timestamp, value, id: reading }) => `${timestamp},${value},${reading}`);
  expect(text).toBe(["timestamp,value,id", ...lines, ""].join("\r\n"));
});

test("thousands of metrics are found and scrolled", async () => {
  const names = Array.from({ length: 4_000 }, (_, index) => `metric ${index}`);
  for (let begin = 0; begin < names.length; begin += 500) {
    await Promise.all(names.slice(begin, begin + 500).map((name) => stage.hub.createMetric(name)));
  }
  const page = await stage.open("#/?sort=name");
  await connected(page);
  await page.getByText("4,000 metrics").waitFor();
  expect(await page.locator(".card").count()).toBeLessThan(60);
  await page.keyboard.press("End");
  await page.getByRole("link", { name: "metric 3999", exact: true }).waitFor();
  await page.getByRole("searchbox", { name: "Search metrics" }).fill("metric 777");
  await page.getByText("4 of 4,000").waitFor();
}, 60_000);

function create(hub: Hub, ...names: string[]): Promise<string[]> {
  return names.reduce<Promise<string[]>>(
    async (before, name) => [...(await before), await hub.createMetric(name)],
    Promise.resolve([]),
  );
}

function namesAre(page: Page, ...names: string[]): Promise<void> {
  return until(async () => {
    const shown = await page.locator(".card h2 a").allTextContents();
    return JSON.stringify(shown) === JSON.stringify(names);
  });
}

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.textContent ?? null);
}

function focusedField(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.getAttribute("name") ?? null);
}

test("a page of readings stays where it is while others come", async () => {
  const [id = ""] = await create(stage.hub, "cpu");
  for (let value = 0; value < 120; value += 1) await stage.hub.addReading(id, value);
  const page = await stage.open(`#/metrics/${id}?window=3600`);
  await page.getByRole("button", { name: "Older" }).click();
  const first = page.locator(".readings tbody tr td:nth-child(2)").first();
  await until(async () => (await first.textContent()) === "69");
  for (let value = 120; value < 130; value += 1) await stage.hub.addReading(id, value);
  await page.locator("dd", { hasText: "130" }).first().waitFor();
  expect(await first.textContent()).toBe("69");
  await page.getByRole("button", { name: "Older" }).click();
  await until(async () => (await first.textContent()) === "19");
  const older = page.getByRole("button", { name: "Older" });
  expect(await older.getAttribute("aria-disabled")).toBe("true");
  expect(await older.evaluate((button) => button === document.activeElement)).toBe(true);
  for (let turn = 0; turn < 3; turn += 1) await page.getByRole("button", { name: "Newer" }).click();
  await until(async () => (await first.textContent()) === "129");
});

test("the whole of a card opens its metric, but not where a span of time is drawn", async () => {
  const [id = ""] = await create(stage.hub, "cpu");
  await stage.hub.addReading(id, 1);
  const page = await stage.open();
  const chart = page.locator(".card .u-over");
  const box = await chart.boundingBox();
  if (!box) throw new Error("no chart");
  await page.mouse.move(box.x + 50, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Back to live" }).click();
  expect(page.url()).not.toContain("metrics/");
  await page.locator(".card .card-summary").click();
  await page.getByRole("heading", { level: 1, name: "cpu" }).waitFor();
  await page.goBack();
  await chart.click({ position: { x: 40, y: 10 } });
  await page.getByRole("heading", { level: 1, name: "cpu" }).waitFor();
});

test("a long name is shortened in its middle", async () => {
  const name = "production.eu-west-1.cluster-7.gateway.jvm.gc.pause.p99";
  await create(stage.hub, name, ...Array.from({ length: 20 }, (_, index) => `other ${index}`));
  const page = await stage.open();
  const link = page.getByRole("link", { name, exact: true });
  await link.waitFor();
  expect(await link.textContent()).toBe(name);
  const [head, tail] = await link
    .locator(".parts span")
    .evaluateAll((spans) => spans.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
  expect(head).toBeGreaterThan(0);
  expect(tail).toBe(0);
});

test("the debug panel is copied as JSON, and its events are held", async () => {
  const [id = ""] = await create(stage.hub, "cpu");
  const page = await stage.open("#/?debug=1");
  const panel = page.getByRole("complementary", { name: "Debug" });
  await panel.waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await stage.hub.addReading(id, 41);
  await panel.locator(".raw code", { hasText: '"value":41' }).waitFor();
  await panel.getByRole("button", { name: "Copy as JSON" }).click();
  await panel.getByRole("button", { name: "Copied" }).waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as {
    Stream: Record<string, string>;
    Hub: Record<string, string>;
    events: { type: string }[];
  };
  expect(copied.Stream).toMatchObject({ Connection: "live", metric_reading_created: "1" });
  expect(copied.Hub).toMatchObject({ Metrics: "1" });
  expect(copied.events.map(({ type }) => type)).toEqual(["metric_reading_created"]);
  await panel.getByRole("button", { name: "Hold" }).click();
  await stage.hub.addReading(id, 42);
  await page.locator(".card .latest", { hasText: "42" }).waitFor();
  expect(await panel.locator(".raw code").count()).toBe(1);
  await panel.getByRole("button", { name: "Hold" }).click();
  await until(async () => (await panel.locator(".raw code").count()) === 2);
});
