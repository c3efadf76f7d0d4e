import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

/** The texts that charts write from now on. */
function chartTexts(page: Page): Promise<() => Promise<string[]>> {
  return page
    .evaluate(() => {
      const written = ((globalThis as unknown as { written: string[] }).written = []) as string[];
      const { prototype } = CanvasRenderingContext2D;
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its context below
      const write = prototype.fillText;
      prototype.fillText = function (text, ...rest) {
        written.push(text);
        write.call(this, text, ...rest);
      };
    })
    .then(() => () => page.evaluate(() => (globalThis as unknown as { written: string[] }).written));
}

test("a metric that sends each 200 microseconds has round times on its axis", async () => {
  const id = await stage.hub.createMetric("fast", "200us");
  await stage.hub.addReading(id, 1);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  const texts = await chartTexts(page);
  const times = async () => (await texts()).filter((text) => /^\d\d:\d\d:\d\d/.test(text));
  await until(async () => (await times()).length > 20);
  expect((await times()).filter((text) => !/^\d\d:\d\d:\d[05]$/.test(text))).toEqual([]);
});

interface Label {
  text: string;
  /** Of its middle. */
  x: number;
  left: number;
  right: number;
  top: number;
  width: number;
}

/** Where the labels of the time axis are, on the canvas that they are on, each time that it is drawn. */
async function timeLabels(page: Page): Promise<() => Promise<Label[]>> {
  await page.evaluate(() => {
    const drawn = ((globalThis as unknown as { drawn: Label[] }).drawn = []) as Label[];
    const { prototype } = CanvasRenderingContext2D;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its context below
    const write = prototype.fillText;
    prototype.fillText = function (text, x, y, ...rest) {
      if (this.textAlign === "center") {
        const half = this.measureText(text).width / 2;
        // From left to right: one that is not further on is of another drawing.
        if (/^\d\d:\d\d/.test(text) && x <= (drawn.at(-1)?.x ?? 0)) drawn.length = 0;
        drawn.push({ text, x, left: x - half, right: x + half, top: y, width: this.canvas.width });
      }
      write.call(this, text, x, y, ...rest);
    };
  });
  return () => page.evaluate(() => (globalThis as unknown as { drawn: Label[] }).drawn);
}

const DAY = 86_400_000;
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY;

test.each([
  ["over midnight", 1_280, MIDNIGHT - 6 * 3_600_000, MIDNIGHT + 6 * 3_600_000],
  ["of a second, on a wall", 3_840, MIDNIGHT - 400, MIDNIGHT + 600],
  ["of ten seconds, on a phone", 360, MIDNIGHT - 4_000, MIDNIGHT + 6_000],
  ["of a minute", 1_000, MIDNIGHT - 3_660_000, MIDNIGHT - 3_600_000],
])("the times below a chart %s are whole, and do not lie on each other", async (_what, width, from, to) => {
  const id = await stage.hub.createMetric("cpu");
  const page = await stage.open(`#/metrics/${id}?from=${from}&to=${to}`, {
    viewport: { width, height: 800 },
    timezoneId: "UTC",
  });
  await connected(page);
  const labels = await timeLabels(page);
  // Each new reading has the chart drawn again.
  await until(async () => {
    await stage.hub.addReading(id, 1, new Date((from + to) / 2).toISOString());
    return (await labels()).length >= 2;
  });
  const all = (await labels()).sort((a, b) => a.top - b.top || a.left - b.left);
  expect(all.filter(({ left, right, width: end }) => left < 0 || right > end)).toEqual([]);
  const overlaps = all.filter((label, index) => {
    const next = all[index + 1];
    return next?.top === label.top && next.left < label.right + 4;
  });
  expect(overlaps).toEqual([]);
});

test("values past 1e32 have labels that say so", async () => {
  const id = await stage.hub.createMetric("huge");
  const now = Date.now();
  for (const [index, value] of [1e40, 3e40, 2e40].entries()) {
    await stage.hub.addReading(id, value, new Date(now - (3 - index) * 1_000).toISOString());
  }
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  const texts = await chartTexts(page);
  const labels = async () => new Set((await texts()).filter((text) => /e40$/.test(text)));
  await until(async () => (await labels()).size >= 3);
});

test.each([
  ["small", [0.07, 0.9, 0.5], /^0\.\d+$/],
  ["share_percent", [1, 4, 2], /^\d(\.\d)?%$/],
  ["rack/inlet_celsius", [-18.2, -17.8, -18], /^-1\d(\.\d+)? °C$/],
])("values of %s, which are near each other, have labels", async (name, values, label) => {
  const id = await stage.hub.createMetric(name);
  const now = Date.now();
  for (const [index, value] of values.entries()) {
    await stage.hub.addReading(id, value, new Date(now - (3 - index) * 1_000).toISOString());
  }
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  const texts = await chartTexts(page);
  await until(async () => new Set((await texts()).filter((text) => label.test(text))).size >= 3);
});
