import type { Download, Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

async function downloaded(page: Page, start: () => Promise<void>): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent("download"), start()]);
  return download;
}

async function bytesOf(download: Download): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

test("the events of the list are downloaded as they came", async () => {
  const { hub } = stage;
  const ids: string[] = [];
  for (const body of [
    '{"type":"exact","topic":"a/b","data":{"id":12345678901234567890,"f":1.10}}',
    '{"type":"text","data":"two\\nlines"}',
    '{"type":"quoted","data":"\\"7\\""}',
  ]) {
    const response = await fetch(`${hub.url}/events`, { method: "POST", body });
    ids.push(((await response.json()) as { id: string }).id);
  }
  const page = await stage.open("#/events");
  await page.getByRole("searchbox", { name: "Types" }).fill("exact, text, quoted");
  await until(async () => (await page.locator(".event-type").count()) === 3);
  const download = await downloaded(page, () => page.getByRole("button", { name: "Download" }).click());
  expect(download.suggestedFilename()).toBe("events.ndjson");
  const lines = (await bytesOf(download)).toString().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(
    /^\{"id":"[^"]+","type":"exact","topic":"a\/b","time":"[^"]+Z","data":\{"id":12345678901234567890,"f":1\.10\}\}$/,
  );
  const rows = lines.slice(0, 3).map((line) => JSON.parse(line) as { id: string; data: unknown });
  expect(rows.map(({ id }) => id)).toEqual(ids);
  expect(rows.slice(1).map(({ data }) => data)).toEqual(["two\nlines", '"7"']);
});

test("a value and its path are copied from the tree", async () => {
  await stage.hub.publish("deploy", "", { tags: ["red", "blue"], "a/b": { n: 1 } });
  const page = await stage.open("#/events", { permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("button.event-row").first().click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole("button", { name: "1", exact: true }).click();
  await page.getByText("The path /tags/1 was copied").waitFor();
  expect(await clipboard()).toBe("/tags/1");
  await page.getByRole("button", { name: "Copy its value" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await clipboard()).toBe("blue");
  await page.getByRole("button", { name: '"a/b"', exact: true }).click();
  await page.getByText("The path /a~1b was copied").waitFor();
  await page.getByRole("button", { name: "Copy its value" }).click();
  await until(async () => (await clipboard()) === '{\n  "n": 1\n}');
});

test("the readings of all metrics that are shown are one file", async () => {
  await stage.hub.createMetricWith("cpu/user", [1, 2, 3]);
  await stage.hub.createMetricWith("cpu/system", [4, 5]);
  await stage.hub.createMetricWith("disk", [6]);
  const page = await stage.open("#/?q=cpu");
  await page.getByText("2 of 3").waitFor();
  await page.getByRole("button", { name: "Download" }).click();
  const dialog = page.getByRole("dialog", { name: "Download" });
  expect(await dialog.getByRole("button", { name: "Chart as PNG" }).count()).toBe(0);
  const download = await downloaded(page, () =>
    dialog.getByRole("button", { name: "Readings as CSV" }).click(),
  );
  expect(download.suggestedFilename()).toBe("metrics.csv");
  const lines = (await bytesOf(download)).toString().trimEnd().split("\r\n");
  expect(lines.map((line) => line.split(",").filter((_, index) => index % 2 === 0))).toEqual([
    ["metric", "value"],
    ...[1, 2, 3].map((value) => ["cpu/user", String(value)]),
    ...[4, 5].map((value) => ["cpu/system", String(value)]),
  ]);
  await dialog.getByText("The file has 5 readings.").waitFor();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a chart is saved as a picture with its title, in ${colorScheme} colours`, async () => {
    const id = await stage.hub.createMetricWith("disk_bytes", [1e6, 3e6, 2e6]);
    await stage.hub.createMetricWith("cpu", [1, 2, 3]);
    const page = await stage.open(`#/metrics/${id}`, { colorScheme });
    await connected(page);
    const picture = await picturedOn(page);
    expect(picture.name).toBe("disk_bytes.png");
    // The chart, a margin on each side, and the title above it.
    const chart = await page.locator(".with-axes canvas").boundingBox();
    expect(picture.width).toBe(Math.round((chart?.width ?? 0) + 32));
    expect(picture.height).toBeGreaterThan((chart?.height ?? 0) + 50);
    expect(picture.ground).toBe(colorScheme === "light" ? "255,255,255" : "21,24,28");
    expect(picture.titleInk).toBeGreaterThan(100);
    expect(picture.chartInk).toBeGreaterThan(500);

    await page.goto(`${stage.hub.url}/#/chart?m=cpu&m=disk_bytes`);
    await until(async () => (await page.locator(".legend li").count()) === 2);
    const several = await picturedOn(page);
    expect(several.name).toBe("metrics.png");
  });
}

/** What a saved picture looks like: its size, its ground, and how many pixels of the title and the chart differ from it. */
async function picturedOn(page: Page) {
  await page.getByRole("button", { name: "Download", exact: true }).click();
  const button = page.getByRole("button", { name: "Chart as PNG" });
  const download = await downloaded(page, () => button.click());
  const bytes = await bytesOf(download);
  await page.keyboard.press("Escape");
  const seen = await page.evaluate(async (base64) => {
    const binary = atob(base64);
    const raw = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([raw], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context?.drawImage(image, 0, 0);
    const pixels = (y: number, height: number) => {
      const data = context?.getImageData(0, y, image.width, height).data ?? new Uint8ClampedArray();
      let ink = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (Math.abs((data[at] ?? 0) - (ground[0] ?? 0)) > 40) ink += 1;
      }
      return ink;
    };
    const ground = [...(context?.getImageData(1, 1, 1, 1).data ?? [])].slice(0, 3);
    return {
      width: image.width,
      height: image.height,
      ground: ground.join(","),
      titleInk: pixels(0, 40),
      chartInk: pixels(60, image.height - 60),
    };
  }, bytes.toString("base64"));
  return { name: download.suggestedFilename(), ...seen };
}
