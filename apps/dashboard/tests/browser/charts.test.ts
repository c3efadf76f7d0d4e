import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { type Hub, until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests("--max-readings-per-metric", "100000");

const HOUR_S = 3_600;

/** A metric with so many readings, so many seconds apart, the last one now. */
async function metric(hub: Hub, name: string, count = 60, apart = 1): Promise<string> {
  const metric_id = await hub.createMetric(name);
  const now = Date.now();
  const readings = Array.from({ length: count }, (_, index) => ({
    metric_id,
    value: 50 + 20 * Math.sin(index / 7 + name.length),
    timestamp: new Date(now - (count - 1 - index) * apart * 1_000).toISOString(),
  }));
  for (let first = 0; first < count; first += 2_000) {
    await hub.addReadings(readings.slice(first, first + 2_000));
  }
  return metric_id;
}

const readouts = (page: Page) => page.locator(".readout").allTextContents();

test("metrics are chosen on their cards, stand in one chart with one legend, and others are added", async () => {
  for (const name of ["cpu/user", "cpu/system", "disk"]) await metric(stage.hub, name);
  const page = await stage.open();
  await connected(page);
  await page.getByRole("button", { name: "Choose" }).click();
  await page.getByRole("checkbox", { name: "Choose cpu/user" }).check();
  await page.getByRole("checkbox", { name: "Choose cpu/system" }).check();
  await page.getByRole("button", { name: "Only these" }).click();
  await until(async () => (await page.locator(".card").count()) === 2);
  await page.getByRole("link", { name: "In one chart" }).click();
  const legend = page.getByRole("list", { name: "Metrics in the chart" }).getByRole("listitem");
  await until(async () => (await legend.count()) === 2);
  await page.getByRole("combobox", { name: "Add a metric" }).fill("disk");
  await page.keyboard.press("Enter");
  await until(async () => (await legend.count()) === 3);
  const colours = await page
    .locator(".swatch line")
    .evaluateAll((lines) => lines.map((line) => getComputedStyle(line).stroke));
  expect(new Set(colours).size).toBe(3);

  const chart = await page.locator(".u-over").boundingBox();
  await page.mouse.move((chart?.x ?? 0) + 500, (chart?.y ?? 0) + 100);
  await until(async () => /cpu\/user: .*\ncpu\/system: .*\ndisk: /.test((await readouts(page)).join("")));
  await page.getByRole("button", { name: "Own scales" }).click();
  await page.getByRole("button", { name: "Take disk out of the chart" }).click();
  await until(async () => (await legend.count()) === 2);
  await page.reload();
  await until(async () => (await legend.count()) === 2);
  expect(page.url()).toContain("own=1");
});

test("lines of one chart can be told from each other in light, dark and forced colours", async () => {
  const names = Array.from({ length: 9 }, (_, index) => `metric ${index}`);
  for (const name of names) await metric(stage.hub, name, 3);
  const query = names.map((name) => `m=${encodeURIComponent(name)}`).join("&");
  for (const options of [
    { colorScheme: "light" as const },
    { colorScheme: "dark" as const },
    { forcedColors: "active" as const },
  ]) {
    const page = await stage.open(`#/chart?${query}`, options);
    await page.locator(".legend li").first().waitFor();
    const lines = await page.locator(".swatch line").evaluateAll((all) =>
      all.map((line) => {
        const { stroke, strokeDasharray } = getComputedStyle(line);
        return { stroke, both: `${stroke} ${strokeDasharray}` };
      }),
    );
    expect(lines).toHaveLength(8); // and the ninth is left out
    expect(new Set(lines.map(({ stroke }) => stroke)).size).toBe(8);
    if ("forcedColors" in options) {
      const dashes = await page
        .locator(".swatch line")
        .evaluateAll((all) => all.map((line) => line.getAttribute("stroke-dasharray")));
      expect(new Set(dashes).size).toBe(8);
    }
  }
});

test("groups fold, and are folded after a reload", async () => {
  for (const name of ["cpu/user", "cpu/system", "mem.free", "uptime"]) await metric(stage.hub, name, 3);
  const page = await stage.open();
  await connected(page);
  await page.getByRole("button", { name: "Groups" }).click();
  const heads = page.locator(".group > h2 bdi");
  await until(async () => (await heads.allTextContents()).join() === "cpu/,mem.,Others");
  await page.getByRole("button", { name: /^cpu\// }).click();
  await until(async () => (await page.locator(".card").count()) === 2);
  await page.reload();
  await heads.first().waitFor();
  await until(async () => (await page.locator(".card").count()) === 2);
  expect(await page.getByRole("button", { name: /^cpu\// }).getAttribute("aria-expanded")).toBe("false");
});

test("all charts of a page have one crosshair", async () => {
  await metric(stage.hub, "a");
  await metric(stage.hub, "b");
  const page = await stage.open();
  await until(async () => (await page.locator(".u-over").count()) === 2);
  const chart = await page.locator(".u-over").first().boundingBox();
  await page.mouse.move((chart?.x ?? 0) + 150, (chart?.y ?? 0) + 20);
  await until(async () => (await readouts(page)).every((text) => /^\d.* at \d\d:/.test(text)));
  const times = (await readouts(page)).map((text) => / at ([\d:]+)/.exec(text)?.[1]);
  expect(times[0]).toBe(times[1]);
  await page.mouse.move(5, 5);
  await until(async () => (await readouts(page)).every((text) => text === ""));
});

test("events are marks on charts: found in the log, new ones follow, and a click opens one", async () => {
  await metric(stage.hub, "cpu");
  await stage.hub.publish("deploy", "ci/api", { version: "1.2.3" });
  await stage.hub.publish("tick", "", 1);
  const page = await stage.open();
  await connected(page);
  await page.getByRole("button", { name: "Marks" }).click();
  await page.getByRole("button", { name: "deploy", exact: true }).click();
  await page.getByRole("list", { name: "Marked events" }).getByRole("link").waitFor();
  await stage.hub.publish("deploy", "ci/web", { version: "4" });
  const marked = page.getByRole("list", { name: "Marked events" }).getByRole("listitem");
  await until(async () => (await marked.count()) === 2);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Pause" }).click();
  expect(page.url()).toContain("marks=deploy");

  // The newest mark is at the right edge.
  const chart = await page.locator(".u-over").first().boundingBox();
  const right = (chart?.x ?? 0) + (chart?.width ?? 0);
  await until(async () => {
    for (let left = 2; left < 120; left += 4) {
      await page.mouse.move(right - left, (chart?.y ?? 0) + 30);
      if ((await readouts(page)).some((text) => text.startsWith("deploy ci/"))) return true;
    }
    return false;
  });
  await page.mouse.down();
  await page.mouse.up();
  await page.locator(".inspector").getByRole("heading", { name: "deploy" }).waitFor();
  expect(page.url()).toMatch(/#\/events\/[0-9a-f-]{36}\?/);
});

test("a day is loaded, and thinned: the figures are those of all readings", async () => {
  const count = 12_000;
  const id = await metric(stage.hub, "cpu", count, (24 * HOUR_S - 60) / count);
  const page = await stage.open(`#/metrics/${id}?window=${24 * HOUR_S}`);
  await page.locator("dd", { hasText: "12,000" }).waitFor({ timeout: 25_000 });
  await page.goto(`${stage.hub.url}/#/?window=${6 * HOUR_S}`);
  await page.getByRole("button", { name: "6 h", pressed: true }).waitFor();
  await page.keyboard.press("7");
  await page.getByRole("button", { name: "24 h", pressed: true }).waitFor();
  await page.getByText(/loaded: the last 23 h 5\d min/).waitFor();
}, 60_000);

test("a view is saved with its limits, and its address shows the same in another browser", async () => {
  const id = await metric(stage.hub, "cpu");
  await metric(stage.hub, "disk");
  const page = await stage.open(`#/metrics/${id}`);
  await page.getByText("Alert", { exact: true }).click();
  await page.getByLabel("Red above").fill("10");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.goto(`${stage.hub.url}/#/chart?m=cpu&m=disk&window=300`);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("textbox", { name: "Save what is shown as" }).fill("Night shift");
  await page.keyboard.press("Enter");
  await page.getByText("was saved in this browser").waitFor();
  const hash = await page.getByRole("link", { name: "Night shift" }).getAttribute("href");
  await page.reload();
  expect(await page.title()).toContain("Night shift");

  const other = await stage.open(hash ?? "");
  await until(async () => (await other.locator(".legend li").count()) === 2);
  await other.getByRole("button", { name: "5 min", pressed: true }).waitFor();
  await until(async () => (await other.title()).startsWith("(1) Night shift"));
  await other.goto(`${stage.hub.url}/#/`);
  await until(async () => (await other.title()) === "Metrics · sse-serve");
});

test("on a wall saved views come in turn, until Space", async () => {
  await metric(stage.hub, "cpu");
  const page = await stage.open();
  await connected(page);
  await page.evaluate(() =>
    localStorage.setItem(
      "sse-views",
      JSON.stringify([
        { name: "A", hash: "#/?q=cpu&view=A" },
        { name: "B", hash: "#/chart?m=cpu&view=B" },
      ]),
    ),
  );
  await page.goto(`${stage.hub.url}/#/?view=A&wall=1&rotate=3`);
  await page.reload();
  await page.locator(".rotation", { hasText: "A" }).waitFor();
  await page.locator(".rotation", { hasText: "B" }).waitFor();
  await page.locator(".legend").waitFor();
  await page.locator(".rotation", { hasText: "A" }).waitFor();
  expect(page.url()).toContain("wall=1");
  await page.keyboard.press(" ");
  await page.getByText("A paused: Space goes on").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("navigation", { name: "Views" }).waitFor();
  expect(page.url()).not.toContain("rotate");
});

test("limits and silence are in the title, the icon and the list of alerts", async () => {
  const silent = await stage.hub.createMetric("sensor", "100ms");
  await stage.hub.addReading(silent, 1);
  const page = await stage.open();
  await connected(page);
  await until(async () => (await page.title()).startsWith("(1) "));
  const icon = () => page.locator('link[rel="icon"]').getAttribute("href");
  await until(async () => ((await icon()) ?? "").startsWith("data:image/svg+xml"));
  await page.getByTestId("alerts").click();
  await page.getByRole("link", { name: "sensor is silent" }).waitFor();
  await page.keyboard.press("Escape");
  await stage.hub.addReading(silent, 2);
  await until(async () => !(await page.title()).startsWith("("));
  await until(async () => !((await icon()) ?? "").startsWith("data:"));
});

test("notifications are asked for by a button, and told once for each change while the page is hidden", async () => {
  const id = await metric(stage.hub, "cpu", 2);
  const page = await stage.open();
  await page.evaluate(() => {
    localStorage.setItem("sse-limits", JSON.stringify({ cpu: { above: 1_000 } }));
  });
  await page.addInitScript(() => {
    const told: string[] = [];
    let asked = 0;
    const requestPermission = () => {
      asked += 1;
      constructed.permission = "granted";
      return Promise.resolve("granted");
    };
    // Not an arrow function, which cannot be called with new.
    const constructed = Object.assign(
      function (title: string) {
        told.push(title);
      },
      { permission: "default", requestPermission },
    );
    Object.assign(globalThis, { Notification: constructed, told, asked: () => asked });
  });
  await page.reload();
  await connected(page);
  type Page = { told: string[]; asked: () => number };
  const told = () => page.evaluate(() => (globalThis as unknown as Page).told);
  expect(await page.evaluate(() => (globalThis as unknown as Page).asked())).toBe(0);
  await page.getByTestId("alerts").click();
  await page.getByRole("button", { name: "Notify me while this page is hidden" }).click();
  await page.getByRole("button", { name: "Notify me while this page is hidden", pressed: true }).waitFor();
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  for (const value of [2_000, 3_000, 4_000]) await stage.hub.addReading(id, value);
  await until(async () => (await told()).length > 0);
  await stage.hub.addReading(id, 5);
  await until(async () => (await told()).length > 1);
  expect((await told())[0]).toMatch(/^cpu is above its limit: \d000$/);
  expect((await told()).slice(1)).toEqual(["cpu is within its limits again"]);
});

test("a hub without a data directory has no tiles about it", async () => {
  const page = await stage.open("#/hub");
  await page.getByRole("heading", { name: "Process" }).waitFor();
  expect(await page.getByRole("heading", { name: "Journal", exact: true }).count()).toBe(0);
  expect(await page.getByRole("heading", { name: "Archive" }).count()).toBe(0);
});
