import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

/**
 * How high the labels under the chart are, in CSS pixels: rows of the canvas's last line that are not empty. The
 * largest gap between such rows ends a label.
 */
function labelHeight(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".with-axes canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return 0;
    const ratio = canvas.width / canvas.clientWidth;
    const rows = Math.round(26 * ratio);
    const top = canvas.height - rows;
    const { data, width } = context.getImageData(0, top, canvas.width, rows);
    const inked: number[] = [];
    for (let row = 0; row < rows; row += 1) {
      let ink = 0;
      for (let x = 0; x < width; x += 1) if ((data[(row * width + x) * 4 + 3] ?? 0) > 90) ink += 1;
      if (ink > 4) inked.push(row);
    }
    return inked.length === 0 ? 0 : ((inked.at(-1) ?? 0) - (inked[0] ?? 0) + 1) / ratio;
  });
}

test.each([1, 1.25, 2])(
  "the labels of a chart have their size at %d device pixels",
  async (deviceScaleFactor) => {
    stage.forgive(/willReadFrequently/);
    const id = await stage.hub.createMetricWith("cpu", [1, 2, 3]);
    const page = await stage.open(`#/metrics/${id}`, { deviceScaleFactor });
    await connected(page);
    await until(async () => (await labelHeight(page)) > 6);
    expect(await labelHeight(page)).toBeLessThan(16);
  },
);

test("the labels keep their size when the window moves to another screen", async () => {
  stage.forgive(/willReadFrequently/);
  const id = await stage.hub.createMetricWith("cpu", [1, 2, 3]);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  await until(async () => (await labelHeight(page)) > 6);
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setDeviceMetricsOverride", {
    width: 1280,
    height: 800,
    deviceScaleFactor: 1.1,
    mobile: false,
  });
  await until(() => page.evaluate(() => devicePixelRatio > 1.05));
  await stage.hub.addReading(id, 4);
  await page.getByRole("cell", { name: "4", exact: true }).waitFor();
  await until(async () => (await labelHeight(page)) > 6);
  expect(await labelHeight(page)).toBeLessThan(16);
});

test("the labels grow with the window", async () => {
  const id = await stage.hub.createMetricWith("cpu", [1, 2, 3]);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  await page.evaluate(() => {
    const { prototype } = CanvasRenderingContext2D;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its context below
    const write = prototype.fillText;
    prototype.fillText = function (...rest) {
      Object.assign(globalThis, { fontOfLabels: this.font });
      write.apply(this, rest);
    };
  });
  // By the font of the last label that was written: with each reading they are written again.
  const sizeIs = (pixels: number) =>
    until(async () => {
      await stage.hub.addReading(id, 4);
      const font = await page.evaluate(
        () => (globalThis as unknown as { fontOfLabels?: string }).fontOfLabels,
      );
      return Number.parseFloat(font ?? "") === pixels;
    });
  await sizeIs(11);
  await page.setViewportSize({ width: 3_840, height: 2_160 });
  await sizeIs(17);
  await page.setViewportSize({ width: 1_280, height: 800 });
  await sizeIs(11);
});

test("with reduced motion charts are drawn when a reading comes, and not between", async () => {
  const id = await stage.hub.createMetricWith("cpu", [1, 2, 3]);
  const page = await stage.open("", { reducedMotion: "reduce" });
  await connected(page);
  await page.locator(".card canvas").waitFor();
  await page.evaluate(() => {
    const counted = globalThis as unknown as { drawings: number };
    counted.drawings = 0;
    // uPlot clears its canvas before each drawing.
    const { prototype } = CanvasRenderingContext2D;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its context below
    const clear = prototype.clearRect;
    prototype.clearRect = function (...sides) {
      counted.drawings += 1;
      clear.apply(this, sides);
    };
  });
  const drawings = () => page.evaluate(() => (globalThis as unknown as { drawings: number }).drawings);
  // With motion it is drawn again within a few frames.
  const frames = (count: number) =>
    page.evaluate(async (wanted) => {
      for (let frame = 0; frame < wanted; frame += 1) await new Promise(requestAnimationFrame);
    }, count);
  await until(async () => {
    const before = await drawings();
    await frames(30);
    return (await drawings()) === before;
  });
  const before = await drawings();
  await stage.hub.addReading(id, 4);
  await until(async () => (await drawings()) > before);
});

test("the largest values that there are have a line and labels", async () => {
  stage.forgive(/willReadFrequently/);
  const id = await stage.hub.createMetricWith("huge", [-1.7e308, 1.7e308, -1.7e308]);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  const inked = (part: "labels" | "plot") =>
    page.evaluate((which) => {
      const canvas = document.querySelector<HTMLCanvasElement>(".with-axes canvas");
      const over = document.querySelector<HTMLElement>(".with-axes .u-over");
      const context = canvas?.getContext("2d");
      if (!canvas || !over || !context) return 0;
      const left = which === "labels" ? 0 : over.offsetLeft;
      const width = which === "labels" ? over.offsetLeft - 4 : over.clientWidth;
      const { data } = context.getImageData(left, 0, Math.max(1, width), over.clientHeight);
      let count = 0;
      for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 200) count += 1;
      return count;
    }, part);
  await until(async () => (await inked("labels")) > 50);
  await until(async () => (await inked("plot")) > 50);
  await page.getByText("+more than 1.8e308").or(page.getByText("-1.7e308")).first().waitFor();
});
