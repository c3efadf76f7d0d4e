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
