import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Site } from "../support/site";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

test("below a path of a proxy the page works", async () => {
  const site = await Site.open("127.0.0.1");
  onTestFinished(() => site.close());
  site.prefix = "/hub/";
  site.hub = stage.hub;
  await stage.hub.createMetricWith("cpu", [1, 2, 42.5]);
  await stage.hub.publish("deploy", "ci/api", 1);
  const page = await stage.openAt(`${site.origin}/hub/`);
  await connected(page);
  await page.getByText("42.5", { exact: true }).first().waitFor();
  await page.keyboard.press("e");
  await page.locator(".event-type", { hasText: "deploy" }).waitFor();
  await page.getByText("As a command").click();
  await page.getByText(`sse-sub --url ${site.origin}/hub`).waitFor();
});

test("back from a metric one is where one was, with the focus on it", async () => {
  const { hub } = stage;
  for (let index = 0; index < 60; index += 1) await hub.createMetric(`metric ${index}`);
  const page = await stage.open("#/?sort=name&q=metric");
  await page.getByText("60 metrics").waitFor();
  await page.mouse.move(600, 400);
  await page.mouse.wheel(0, 1_500);
  await until(async () => (await page.evaluate(() => window.scrollY)) > 1_000);
  const link = page.getByRole("link", { name: "metric 40", exact: true });
  await link.click();
  await page.getByRole("heading", { level: 1, name: "metric 40" }).waitFor();
  expect(await page.title()).toBe("metric 40 · sse-serve");
  await page.goBack();
  await until(async () => (await page.evaluate(() => document.activeElement?.textContent)) === "metric 40");
  expect(await page.evaluate(() => window.scrollY)).toBeGreaterThan(500);
  await page.keyboard.press("Enter");
  await until(async () => (await page.evaluate(() => document.activeElement?.tagName)) === "H1");
  await page.keyboard.press("m");
  expect(page.url()).toMatch(/sort=name/);
  expect(page.url()).toMatch(/q=metric/);
});

test("a card that gets the focus by the arrow keys is not under the bars", async () => {
  for (let index = 0; index < 40; index += 1) await stage.hub.createMetric(`metric ${index}`);
  const page = await stage.open();
  await page.getByText("40 metrics").waitFor();
  await page.getByRole("link", { name: "metric 0", exact: true }).focus();
  for (let step = 0; step < 6; step += 1) await page.keyboard.press("ArrowDown");
  const hidden = () =>
    page.evaluate(() => {
      const card = document.activeElement?.closest("li")?.getBoundingClientRect();
      const top = document.querySelector("header")?.getBoundingClientRect().bottom ?? 0;
      const bottom = document.querySelector("footer")?.getBoundingClientRect().top ?? 0;
      return !card || card.top < top || card.bottom > bottom;
    });
  expect(await hidden()).toBe(false);
  for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowUp");
  expect(await hidden()).toBe(false);
});

test("what stands still says what it is about", async () => {
  const begun = Date.now();
  const id = await stage.hub.createMetricWith("cpu", [10, 20, 30, 40, 90.5]);
  const page = await stage.open();
  await page.getByText("90.5", { exact: true }).first().waitFor();
  const to = begun - 2_500;
  await page.goto(`${stage.hub.url}/#/?from=${to - 60_000}&to=${to}`);
  await until(async () => (await page.locator(".latest").textContent()) === "20");
  await page.getByRole("button", { name: "Back to live" }).click();
  await until(async () => (await page.locator(".latest").textContent()) === "90.5");
  await page.getByRole("button", { name: "Pause" }).click();
  await stage.hub.addReading(id, 99);
  await page.getByRole("button", { name: "Back to live" }).click();
  await until(async () => (await page.locator(".latest").textContent()) === "99.0");
});

/** A metric with 3,000 readings, 0 to 2,999, among so many that a page is given only some of them at first. */
async function oneOfMany(): Promise<string> {
  const { hub } = stage;
  for (let index = 0; index < 120; index += 1) await hub.createMetric(`other ${index}`);
  return hub.createMetricWith(
    "cpu",
    Array.from({ length: 3_000 }, (_, index) => index),
  );
}

test("an hour of one metric is loaded, however many there are", async () => {
  const id = await oneOfMany();
  const page = await stage.open(`#/metrics/${id}?window=3600`);
  await page.locator("dd", { hasText: "3,000" }).waitFor();
  await until(async () => (await page.getByText("loaded: the last").count()) === 1);
  await page.getByText(/loaded: the last (49|50) min/).waitFor();
});

test("an hour is whole on a card and in a chart of several metrics, too", async () => {
  await oneOfMany();
  const page = await stage.open("#/?window=3600&q=cpu");
  const figure = (name: string) => page.locator(`.figure-${name} dd`).getAttribute("title");
  await until(async () => (await figure("min")) === "0");
  expect(Number(await figure("avg"))).toBeCloseTo(1_499.5);
  expect(await figure("max")).toBe("2999");
  await page.goto(`${stage.hub.url}/#/chart?window=3600&m=cpu`);
  await page.reload();
  await page.locator(".legend").waitFor();
  await until(async () => (await figure("min")) === "0");
  await page.getByText(/loaded: the last (49|50) min/).waitFor();
});

test("the hub's streams are listed, and one is closed in three actions", async () => {
  const { hub } = stage;
  stage.forgiveFailedRequests();
  const page = await stage.open("#/hub");
  const other = new AbortController();
  onTestFinished(() => other.abort());
  const response = await fetch(`${hub.url}/events/watch?type=slow_subscriber`, { signal: other.signal });
  const gone = response.text().catch(() => "");
  await page.getByRole("heading", { name: "Streams", level: 2 }).first().waitFor();
  await page.getByRole("row").filter({ hasText: "slow_subscriber" }).waitFor();
  await page.getByRole("searchbox", { name: "Search streams" }).fill("slow_subscriber");
  await page.getByText("1 of 2").waitFor();
  await page.getByRole("button", { name: /^Close the stream of/ }).click();
  await page.getByRole("button", { name: /^Really close/ }).click();
  expect(await gone).toContain('"reason":"closed"');
  await page.getByText("0 of 1").waitFor();
  await page.getByText("closed", { exact: true }).first().waitFor();
  const incidents = page.getByRole("table", { name: "Gaps and closings of all streams" });
  await incidents.getByText("1 stream closed: closed").waitFor();
});

test("a hub that is down is seen from the other end of the room", async () => {
  stage.forgiveFailedRequests();
  const { hub } = stage;
  await hub.createMetricWith("cpu", [1, 2, 3]);
  const page = await stage.open("#/?wall=1");
  await page.getByRole("link", { name: "cpu" }).waitFor();
  expect(await page.locator("header").isVisible()).toBe(false);
  await hub.stop("SIGKILL");
  await page.getByText(/Not live since/).waitFor();
  const band = await page.locator(".down-band").boundingBox();
  expect(band?.width).toBeGreaterThan(1_200);
  await until(async () => (await page.title()).startsWith("✕"));
  expect(
    await page
      .locator(".chart")
      .first()
      .evaluate((chart) => getComputedStyle(chart).opacity),
  ).toBe("0.4");
  await hub.startAgain();
  await page.locator(".down-band").waitFor({ state: "detached" });
});

test("Esc closes a form whose first try failed, and no key works beneath it", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open();
  await connected(page);
  await page.keyboard.press("n");
  await page.getByRole("button", { name: "Create" }).click();
  const name = page.getByRole("dialog").getByLabel("Name");
  await until(
    async () => (await page.evaluate(() => document.activeElement?.getAttribute("name"))) === "name",
  );
  await page.getByRole("button", { name: "Create" }).focus();
  await page.keyboard.press("e");
  expect(page.url()).not.toContain("events");
  await name.fill("kept");
  await page.mouse.click(5, 400);
  expect(await name.inputValue()).toBe("kept");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("a click beside a form loses nothing that was typed, and closes what has no form", async () => {
  const id = await stage.hub.createMetricWith("cpu", [1, 2]);
  const page = await stage.open("#/events");
  await connected(page);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const data = page.getByRole("dialog").getByLabel("Data");
  await data.fill("typed for long");
  await page.mouse.click(5, 400);
  expect(await data.inputValue()).toBe("typed for long");
  await page.keyboard.press("Escape");
  await page.goto(`${stage.hub.url}/#/metrics/${id}`);
  await page.getByRole("button", { name: "Delete metric" }).click();
  await page.mouse.click(5, 400);
  expect(await page.getByRole("dialog").isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.mouse.click(5, 400);
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("what was created says so and is opened, and what is not wanted is deleted", async () => {
  const page = await stage.open();
  await connected(page);
  await page.keyboard.press("n");
  await page.keyboard.type("درجة");
  await page.keyboard.press("Enter");
  await page.getByText("Created درجة").waitFor();
  await page.getByRole("link", { name: "Open" }).click();
  await page.getByRole("heading", { level: 1, name: "درجة" }).waitFor();
  const value = page.getByRole("textbox", { name: "Value" });
  await value.fill("1,5");
  await value.press("Enter");
  await page.getByText("a number is expected, such as 12.5").waitFor();
  await value.fill(" 7 ");
  await page.getByRole("textbox", { name: "Time" }).fill("-5s");
  await value.press("Enter");
  await until(async () => (await page.getByTestId("latest").textContent()) === "7");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("درجة.csv");
  await page.getByRole("button", { name: "Delete metric" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "No metrics yet" }).waitFor();
});

test("a value beyond its limit makes its card red, and is counted in the title", async () => {
  const id = await stage.hub.createMetricWith("cpu", [1, 2]);
  const page = await stage.open(`#/metrics/${id}`);
  await page.getByText("Alert", { exact: true }).click();
  await page.getByLabel("Red above").fill("90");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByText("Set, in this browser.").waitFor();
  await page.keyboard.press("Tab");
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link").click();
  await page.getByRole("link", { name: "cpu" }).waitFor();
  expect(await page.locator(".card.is-broken").count()).toBe(0);
  await stage.hub.addReading(id, 95);
  await page.locator(".card.is-broken").waitFor();
  await until(async () => (await page.title()).startsWith("(1) "));
  await page.reload();
  await page.locator(".card.is-broken").waitFor();
});

test("amber comes before red: on the card, in the title, in the icon, in the list, in the address of a view", async () => {
  stage.forgive(/willReadFrequently/);
  const id = await stage.hub.createMetricWith("cpu", [1, 2]);
  const page = await stage.open(`#/metrics/${id}`);
  await page.getByText("Alert", { exact: true }).click();
  await page.getByLabel("Red above").fill("90");
  await page.getByLabel("Amber above").fill("95");
  await page.getByText("less than the red limit is expected").waitFor();
  await page.keyboard.press("Enter");
  expect(await page.getByText("Set, in this browser.").count()).toBe(0);
  await page.getByLabel("Amber above").fill("70");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByText("Set, in this browser.").waitFor();
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link").click();

  await stage.hub.addReading(id, 80);
  await page.locator(".card.is-warned").getByText("above 70").waitFor();
  await until(async () => (await page.title()).startsWith("(1) "));
  const icon = async () =>
    decodeURIComponent((await page.locator('link[rel="icon"]').getAttribute("href")) ?? "");
  await until(async () => (await icon()).includes("#a86500"));
  await page.getByTestId("alerts").click();
  await page.getByRole("link", { name: "cpu is above its amber limit: 80" }).waitFor();
  await page.keyboard.press("Escape");
  // The tint of the zone is under the whole width of the chart.
  await until(async () => (await inkAtTop(page)) > 0);

  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("textbox", { name: "Save what is shown as" }).fill("night");
  await page.keyboard.press("Enter");
  const hash = (await page.getByRole("link", { name: "night" }).getAttribute("href")) ?? "";
  expect(decodeURIComponent(hash)).toContain("limit=warn-above:70:cpu&limit=above:90:cpu");
  await page.keyboard.press("Escape");

  await stage.hub.addReading(id, 99);
  await page.locator(".card.is-broken").getByText("above 90").waitFor();
  await until(async () => (await icon()).includes("#b3261e"));
});

/** Whether something is drawn at the upper left corner of a card's chart, where there are no readings: how opaque it is. */
function inkAtTop(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".card canvas");
    const over = document.querySelector<HTMLElement>(".card .u-over");
    const context = canvas?.getContext("2d");
    if (!over || !context) return 0;
    return context.getImageData(over.offsetLeft + 5, over.offsetTop + 3, 1, 1).data[3] ?? 0;
  });
}

test("a fault of the page says so, and is over after a reload", async () => {
  stage.forgive(/./);
  await stage.hub.publish("deploy", "ci/api", 1);
  const page = await stage.open();
  await connected(page);
  await page.evaluate(() => {
    Array.prototype.toReversed = () => {
      throw new Error("made by a test");
    };
  });
  await page.keyboard.press("e");
  await page.getByRole("heading", { name: "This page has a fault" }).waitFor();
  await page.getByText("made by a test").waitFor();
  await page.getByRole("button", { name: "Load now" }).click();
  await page.locator(".event-type", { hasText: "deploy" }).waitFor();
});

test("while the hub is away the events page does not say that the log is empty", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open();
  await connected(page);
  await stage.hub.stop("SIGKILL");
  await page.keyboard.press("e");
  await page.getByText("the hub cannot be reached; another try follows").waitFor();
  expect(await page.getByText("The log is empty").count()).toBe(0);
});

test("what could not be loaded is loaded once it can be", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open("-/healthz");
  let isAway = true;
  await page.route(/\/hub_page-/, (route) => (isAway ? route.abort() : route.continue()));
  await page.goto(`${stage.hub.url}/`);
  await connected(page);
  await page.keyboard.press("h");
  await page.getByText("Loading …").waitFor();
  isAway = false;
  await page.getByRole("heading", { name: "Process" }).waitFor();
});

test("what is loaded later is there when the hub is away", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open();
  await connected(page);
  await until(() =>
    page.evaluate(() => {
      const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
      return ["hub_page", "debug_panel", "alerts_dialog"].every((view) =>
        loaded.some((name) => name.includes(`/${view}-`)),
      );
    }),
  );
  await stage.hub.stop("SIGKILL");
  await page.keyboard.press("h");
  await page.getByRole("heading", { level: 1, name: "Hub" }).waitFor();
  await page.keyboard.press("d");
  await page.getByRole("complementary", { name: "Debug" }).waitFor();
  await page.getByTestId("alerts").click();
  await page.getByRole("table", { name: "Gaps and ends of this page’s stream" }).waitFor();
});

test("on paper there are readings and a chart, and no bars", async () => {
  const id = await stage.hub.createMetricWith("cpu", [1, 2]);
  const page = await stage.open(`#/metrics/${id}`);
  await page.getByRole("cell", { name: "2", exact: true }).waitFor();
  expect(await page.getByRole("navigation", { name: "Breadcrumb" }).textContent()).toBe("Metrics / cpu");
  await page.emulateMedia({ media: "print" });
  expect(await page.locator("footer").isVisible()).toBe(false);
  expect(await page.getByRole("heading", { name: "Add a reading" }).isVisible()).toBe(false);
  expect(await page.getByRole("cell", { name: "2", exact: true }).isVisible()).toBe(true);
});

test("in forced colours what is pressed can be told from what is not", async () => {
  await stage.hub.createMetricWith("cpu", [1, 2]);
  const page = await stage.open("", { forcedColors: "active" });
  await connected(page);
  const ground = (pressed: boolean) =>
    page
      .locator(`.segments button[aria-pressed=${pressed}]`)
      .first()
      .evaluate((button) => getComputedStyle(button).backgroundColor);
  expect(await ground(true)).not.toBe(await ground(false));
});

test("in forced colours the dot of the connection is seen, and says whether there is one", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open("", { forcedColors: "active" });
  await connected(page);
  const dot = () =>
    page.locator(".state .dot").evaluate((element) => {
      const { backgroundColor, borderTopWidth } = getComputedStyle(element);
      return { ground: backgroundColor, ring: borderTopWidth };
    });
  const behind = await page.locator("footer").evaluate((bar) => getComputedStyle(bar).backgroundColor);
  const live = await dot();
  expect(live.ground).not.toBe(behind);
  expect(live.ring).toBe("0px");
  await stage.hub.stop("SIGKILL");
  await page.locator(".state.waiting").waitFor();
  const away = await dot();
  expect(away).not.toEqual(live);
  expect(away.ring).toBe("2px");
});
