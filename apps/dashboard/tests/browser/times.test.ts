import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { timeOfEvent } from "../../src/data/event_id";
import { type Hub, until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests("--max-readings-per-metric", "100000");

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A metric with a reading each second from a time on; the value is the count of seconds. */
async function metric(hub: Hub, name: string, seconds: number, begin = Date.now() - seconds * 1_000) {
  const metric_id = await hub.createMetric(name, "1s");
  const readings = Array.from({ length: seconds }, (_, index) => ({
    metric_id,
    value: index,
    timestamp: new Date(begin + index * 1_000).toISOString(),
  }));
  for (let first = 0; first < seconds; first += 2_000)
    await hub.addReadings(readings.slice(first, first + 2_000));
  return metric_id;
}

const timeField = (page: Page) => page.getByRole("searchbox", { name: "Time, or the id of an event" });

async function typeTime(page: Page, text: string): Promise<void> {
  await timeField(page).fill(text);
  await page.keyboard.press("Enter");
}

function types(page: Page): Promise<string[]> {
  return page.locator(".event-type").allTextContents();
}

function typesAre(page: Page, ...expected: string[]): Promise<void> {
  return until(async () => JSON.stringify(await types(page)) === JSON.stringify(expected));
}

const spanOf = (page: Page) => {
  const params = new URLSearchParams(page.url().split("?")[1]);
  return { from: Number(params.get("from") ?? Number.NaN), to: Number(params.get("to") ?? Number.NaN) };
};

test("events are searched by time: a span has an end, and an address", async () => {
  const { hub } = stage;
  const taken: number[] = [];
  for (const type of ["early", "within", "tick", "late"]) {
    const { id } = await hub.post<{ id: string }>("/events", { type, data: 1 });
    const time = timeOfEvent(id);
    taken.push(time);
    await until(() => Date.now() > time + 10); // no two of them in one millisecond
  }
  const [, from = 0, , to = 0] = taken;
  const page = await stage.open("#/events");
  await typesAre(page, "late", "tick", "within", "early");

  const text = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
  await typeTime(page, text);
  await typesAre(page, "tick", "within");
  await page.getByText("the time given is over").waitFor();
  expect(spanOf(page)).toEqual({ from, to });
  await hub.publish("later", "", 1);
  await page.getByRole("searchbox", { name: "Types" }).fill("-tick");
  await typesAre(page, "within");
  await page.reload();
  await typesAre(page, "within");
  await page.getByText("As a command").click();
  await page.getByText(`--until ${new Date(to).toISOString()}`).waitFor();
  await page.getByRole("searchbox", { name: "Types" }).fill("nothing");
  await page.getByText("Nothing that matches was found in the time given.").waitFor();

  await page.getByRole("searchbox", { name: "Types" }).fill("");
  await timeField(page).fill("");
  await typesAre(page, "later", "late", "tick", "within", "early");
  expect(page.url()).not.toContain("from=");
});

test("events of a time without an end go on, and what is said of now stays so in the address", async () => {
  const { hub } = stage;
  await hub.publish("one", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "one");
  await typeTime(page, "-15m");
  await until(() => page.url().endsWith("from=-15m"));
  await typesAre(page, "one");
  await hub.publish("two", "", 1);
  await typesAre(page, "two", "one");
  expect(await page.getByRole("combobox", { name: "How far back" }).inputValue()).toBe("");
  await page.getByRole("combobox", { name: "How far back" }).selectOption("5m");
  expect(page.url()).toContain("since=5m");
  expect(page.url()).not.toContain("from=");
  expect(await timeField(page).inputValue()).toBe("");
});

test("a time that cannot be read is said, and what was shown stays", async () => {
  await stage.hub.publish("one", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "one");
  await typeTime(page, "half past ten");
  await page
    .getByRole("alert")
    .filter({ hasText: "“half past ten” is not a time. Examples: 10:20-10:40" })
    .waitFor();
  expect(await timeField(page).getAttribute("aria-invalid")).toBe("true");
  await typeTime(page, "2026-01-02 - 2026-01-01");
  await page.getByRole("alert").filter({ hasText: "is not after the beginning" }).waitFor();
  await typesAre(page, "one");
  await page.goto(`${stage.hub.url}/#/events?from=noon`);
  await page.getByRole("alert").filter({ hasText: "The address has a span of time" }).waitFor();
  await typeTime(page, "-1h");
  await typesAre(page, "one");
  expect(await page.getByRole("alert").count()).toBe(0);
});

test("an id that is pasted jumps to its event, and one that the log does not have is said", async () => {
  const { hub } = stage;
  const { id } = await hub.post<{ id: string }>("/events", { type: "deploy", data: { version: 7 } });
  for (let index = 0; index < 150; index += 1) await hub.publish("tick", "", index);
  const page = await stage.open("#/events");
  await until(async () => (await types(page)).length === 100);
  await timeField(page).fill(` ${id.toUpperCase()} `);
  await page.locator(".inspector").getByRole("heading", { name: "deploy" }).waitFor();
  expect(page.url()).toContain(`#/events/${id}`);
  expect(await timeField(page).inputValue()).toBe("");
  await page.getByRole("button", { name: "Around it" }).click();
  await page.getByText("the newest 100 of 151").waitFor();

  await timeField(page).fill(id.replace(/.{4}$/, "ffff"));
  await page.getByRole("alert").filter({ hasText: "The log of the hub has no event" }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  expect(page.url()).not.toContain(id);
});

test("a span that was zoomed is that of the events, too", async () => {
  const { hub } = stage;
  await hub.createMetric("cpu");
  const page = await stage.open(`#/?from=${Date.now() - HOUR}&to=${Date.now() - MINUTE}`);
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  await hub.publish("deploy", "", 1);
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByText("The log has no events of the time given.").waitFor();
  await page.getByRole("button", { name: "Back to live" }).click();
  await until(async () => (await types(page)).includes("deploy"));
});

test("the time of the charts is typed, also that from before the snapshot", async () => {
  const { hub } = stage;
  // Two hours of readings: the page itself holds the newest 10,000.
  const begin = Date.now() - 4 * HOUR;
  const id = await metric(hub, "cpu", 12_000, begin);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  await page.keyboard.press("t");
  const dialog = page.getByRole("dialog", { name: "Time of the charts" });
  await dialog.getByLabel("From … to").fill("-1h to -2h");
  await page.keyboard.press("Enter");
  await dialog.getByText("is not after the beginning").waitFor();
  await dialog.getByLabel("From … to").fill("-30h");
  await page.keyboard.press("Enter");
  await dialog.getByText("A chart shows 24 h at most.").waitFor();
  // From 235 to 230 minutes ago: before all that the page holds.
  await dialog.getByLabel("From … to").fill("-235m to -230m");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  const readings = page.locator(".card-summary div", { hasText: "readings" });
  await readings.locator("dd", { hasText: /^30[01]$/ }).waitFor();
  expect(await page.locator("tbody tr").count()).toBe(50);
  const { from, to } = spanOf(page);
  expect(to - from).toBe(5 * MINUTE);

  // The same on the card, and in a chart of several, which have it thinned.
  for (const hash of [`#/?from=${from}&to=${to}`, `#/chart?m=cpu&from=${from}&to=${to}`]) {
    await page.goto(`${hub.url}/${hash}`);
    await until(async () => {
      const [min = ""] = await page.locator(".figure-min dd").allTextContents();
      return Number(min) === Math.ceil((from - begin) / 1_000);
    });
  }
  await page.goBack();
  await page.goBack();
  await page.goBack();
  await page.getByRole("button", { name: "1 min", pressed: true }).waitFor();
}, 180_000);

test("each zoom is undone by Back, and a key that is held is one", async () => {
  const id = await metric(stage.hub, "cpu", 60);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  await page.keyboard.press("+");
  await page.getByRole("button", { name: "Back to live" }).waitFor();
  const first = spanOf(page);
  expect(first.to - first.from).toBe(30_000);
  await page.keyboard.down("+");
  for (let repeat = 0; repeat < 5; repeat += 1) await page.keyboard.down("+");
  await page.keyboard.up("+");
  await until(() => spanOf(page).to - spanOf(page).from < 1_000);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "1 min", pressed: true }).waitFor();
  await page.goBack();
  await until(() => spanOf(page).to - spanOf(page).from < 1_000);
  await page.goBack();
  await until(() => spanOf(page).from === first.from);
  await page.goBack();
  await page.getByRole("button", { name: "1 min", pressed: true }).waitFor();
  await page.goForward();
  await until(() => spanOf(page).from === first.from);
});

test("with Ctrl the wheel zooms where the pointer is, with Shift it moves, and without it scrolls", async () => {
  const id = await metric(stage.hub, "cpu", 300);
  const to = Date.now();
  const page = await stage.open(`#/metrics/${id}?from=${to - 300_000}&to=${to}`);
  const box = await page.locator(".with-axes .u-over").boundingBox();
  if (!box) throw new Error("no chart");
  await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2);
  const before = spanOf(page);
  await gesturesLoaded(page);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await until(() => spanOf(page).to < before.to);
  await resting(page);
  const closer = spanOf(page);
  expect(closer.to - closer.from).toBeLessThan(0.85 * (before.to - before.from));
  const at = before.from + (before.to - before.from) / 4;
  expect(Math.abs(closer.from + (closer.to - closer.from) / 4 - at)).toBeLessThan(2_000);
  expect(await page.evaluate(() => window.scrollY)).toBe(0);

  await page.keyboard.down("Shift");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Shift");
  await until(() => spanOf(page).from < closer.from);
  await resting(page);
  expect(spanOf(page).to - spanOf(page).from).toBe(closer.to - closer.from);
  await page.goBack(); // one gesture is one step
  await until(() => spanOf(page).from === closer.from);

  await page.mouse.wheel(0, 200);
  await until(async () => (await page.evaluate(() => window.scrollY)) > 0);
  await resting(page);
  expect(spanOf(page)).toEqual(closer);
});

test("dragging with Shift moves the chart, and is one step of the history", async () => {
  const id = await metric(stage.hub, "cpu", 300);
  const to = Date.now() - MINUTE;
  const page = await stage.open(`#/metrics/${id}?from=${to - MINUTE}&to=${to}`);
  const box = await page.locator(".with-axes .u-over").boundingBox();
  if (!box) throw new Error("no chart");
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 2, middle);
  await gesturesLoaded(page);
  await page.keyboard.down("Shift");
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, middle, { steps: 10 });
  await page.locator(".canvas.is-held").waitFor();
  expect(spanOf(page).to).toBe(to); // until the button is let go
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await until(() => spanOf(page).to < to);
  const moved = spanOf(page);
  expect(moved.to - moved.from).toBe(MINUTE);
  expect(Math.abs(to - moved.to - MINUTE / 4)).toBeLessThan(1_500);
  await page.goBack();
  await until(() => spanOf(page).to === to);
});

test("times are shown, and typed, in UTC when that is wanted", async () => {
  await stage.hub.publish("deploy", "", 1);
  const page = await stage.open("#/events?debug=1", { timezoneId: "Asia/Kolkata" });
  await typesAre(page, "deploy");
  const zone = page.getByTestId("zone");
  expect(await zone.textContent()).toBe("UTC+05:30");
  const shown = () => page.locator(".event-time").first().textContent();
  const local = await shown();
  await zone.click();
  await until(async () => (await shown()) !== local);
  expect(await zone.textContent()).toBe("UTC");
  expect(page.url()).toContain("tz=utc");
  expect(await page.locator("main, aside").count()).toBe(2);
  const utc = new Date(Date.now() - 10 * MINUTE).toISOString().slice(11, 16);
  await typeTime(page, utc);
  await until(() => page.url().includes("from="));
  expect(new Date(spanOf(page).from).toISOString().slice(11, 16)).toBe(utc);
  await page.getByRole("link", { name: "Metrics" }).click();
  expect(page.url()).toContain("tz=utc");
  await page.reload();
  expect(await zone.textContent()).toBe("UTC");
  await zone.click();
  expect(page.url()).not.toContain("tz=");
});

/** What follows the wheel is not part of the first script. */
async function gesturesLoaded(page: Page): Promise<void> {
  await until(() =>
    page.evaluate(() =>
      performance.getEntriesByType("resource").some(({ name, startTime, duration }) => {
        return name.includes("gestures") && performance.now() - startTime - duration > 100;
      }),
    ),
  );
}

/** Longer than a wheel rests. */
async function resting(page: Page): Promise<void> {
  let last = "";
  let since = Date.now();
  await until(() => {
    if (page.url() !== last) since = Date.now();
    last = page.url();
    return Date.now() - since > 600;
  });
}
