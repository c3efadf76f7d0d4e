import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

const LONG: Record<string, readonly number[]> = {
  counter: [12_047_012.5, 14_515_300.25, 16_852_200.75],
  near: [1_000_000, 1_000_000.001, 1_000_000.002],
  small: [1.2e-5, 3.41e-5, 1.184e-5],
  negative: [-12_047_012.5, 14_515_300.25, -16_852_200.75],
  huge: [-1.7e308, 1.234e300, 1.7e308],
  "disk.free_bytes": [438_100_000_000, 438_101_000_000],
  "net.received_bytes_per_second": [999_999.25, 123_456_789.5],
  requests: [999_999.25, 123_456.5],
};

const UNITS: Record<string, string> = { requests: "req/s" };

/** What is wrong with the figures of cards and legends: those that are cut off, and those that lie on another. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const card of document.querySelectorAll(".card, .legend li")) {
      const style = getComputedStyle(card);
      const edge = card.getBoundingClientRect().right - Number.parseFloat(style.paddingRight);
      const seen: { text: string; rect: DOMRect }[] = [];
      for (const figure of card.querySelectorAll(".latest, .change, .card-summary dt, .card-summary dd")) {
        const text = document.createRange();
        text.selectNodeContents(figure);
        const rect = text.getBoundingClientRect(); // of the letters: a box may be narrower than what is in it
        const line = figure.closest(".card-figures, .card-summary, li")?.getBoundingClientRect();
        if (rect.width === 0 || !line || rect.top > line.bottom - 4) continue;
        const name = `${card.querySelector("a")?.textContent ?? ""}: ${figure.textContent}`;
        if (rect.right > edge + 0.5) found.push(`${name} is beyond the edge`);
        if (rect.bottom > line.bottom + 4) found.push(`${name} is cut off below`);
        for (let box: Element | null = figure; box && box !== card; box = box.parentElement) {
          const { left, right } = box.getBoundingClientRect();
          const isCut = getComputedStyle(box).overflowX !== "visible";
          if (isCut && (rect.right > right + 0.5 || rect.left < left - 0.5)) found.push(`${name} is cut off`);
        }
        for (const { text: other, rect: its } of seen) {
          const across = Math.min(rect.right, its.right) - Math.max(rect.left, its.left);
          const down = Math.min(rect.bottom, its.bottom) - Math.max(rect.top, its.top);
          if (across > 0.5 && down > 3) found.push(`${name} lies on ${other}`);
        }
        seen.push({ text: figure.textContent, rect });
      }
      for (const name of ["min", "max"]) {
        if (!seen.some(({ text }) => text === name)) found.push(`no ${name} is seen`);
      }
    }
    return found;
  });
}

test("a change that no number can hold is said in words", async () => {
  const id = await stage.hub.createMetricWith("huge", [-1.7e308, 1.7e308]);
  const page = await stage.open(`#/metrics/${id}`);
  await connected(page);
  await until(async () => (await page.locator(".change").textContent()) === "▲ +more than 1.8e308");
  expect(await page.getByText("∞").count()).toBe(0);
});

test.each([1_000, 1_280, 1_440, 1_920])(
  "no figure of a card or a legend is cut off, and none lies on another, in a window of %d px",
  async (width) => {
    for (const [name, values] of Object.entries(LONG)) {
      await stage.hub.createMetricWith(name, values, UNITS[name]);
    }
    for (let index = 0; index < 7; index += 1) {
      const values = LONG[["counter", "near", "small"][index % 3] ?? ""] ?? [];
      await stage.hub.createMetricWith(`more.${index}`, values.toReversed());
    }
    const page = await stage.open("#/?window=3600", { viewport: { width, height: 900 } });
    await connected(page);
    await page.getByText("438.10100 GB").first().waitFor();
    await until(async () => (await page.locator(".card").count()) >= 6);
    expect(await faults(page)).toEqual([]);
    const chosen = Object.keys(LONG).map((name) => `m=${encodeURIComponent(name)}`);
    await page.goto(`${stage.hub.url}/#/chart?window=3600&${chosen.join("&")}`);
    await until(async () => (await page.locator(".legend li").count()) === chosen.length);
    expect(await faults(page)).toEqual([]);
  },
);
