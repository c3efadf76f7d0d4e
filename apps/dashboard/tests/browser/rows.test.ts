import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

const names = (page: Page) => page.locator(".cards a.name").allTextContents();
const namesAre = (page: Page, ...wanted: string[]) =>
  until(async () => (await names(page)).join() === wanted.join());

test("a metric that is pinned stands in front, whatever the order, and in another place by keys", async () => {
  for (const name of ["a", "b", "c", "d"]) await stage.hub.createMetric(name);
  const page = await stage.open();
  await namesAre(page, "a", "b", "c", "d");
  await page.locator(".card").nth(2).hover();
  await page.getByRole("button", { name: "Pin c", exact: true }).click();
  await namesAre(page, "c", "a", "b", "d");
  await page.getByRole("link", { name: "d", exact: true }).focus();
  await page.keyboard.press("*");
  await namesAre(page, "c", "d", "a", "b");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("d");
  await page.keyboard.press("Shift+ArrowLeft");
  await namesAre(page, "d", "c", "a", "b");
  await until(async () => (await page.evaluate(() => document.activeElement?.textContent)) === "d");
  await page.getByRole("button", { name: "Move c one place forward" }).click();
  await namesAre(page, "c", "d", "a", "b");
  await page.getByLabel("Sort by").selectOption("Name");
  await page.reload();
  await namesAre(page, "c", "d", "a", "b");
  await page.getByRole("button", { name: "Pin c", exact: true, pressed: true }).click();
  await namesAre(page, "d", "a", "b", "c");
});

test("a view has its pins with it, and they are changed in it alone", async () => {
  for (const name of ["a", "b", "c"]) await stage.hub.createMetric(name);
  const page = await stage.open();
  await page.getByRole("link", { name: "c", exact: true }).focus();
  await page.keyboard.press("*");
  await namesAre(page, "c", "a", "b");
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("textbox", { name: "Save what is shown as" }).fill("night");
  await page.keyboard.press("Enter");
  const hash = (await page.getByRole("link", { name: "night" }).getAttribute("href")) ?? "";
  expect(hash).toContain("pin=c");

  const other = await stage.open(hash);
  await namesAre(other, "c", "a", "b");
  await other.getByRole("link", { name: "b", exact: true }).focus();
  await other.keyboard.press("*");
  await namesAre(other, "c", "b", "a");
  expect(other.url()).toContain("pin=c&pin=b");
  await other.goto(`${stage.hub.url}/#/`);
  await namesAre(other, "a", "b", "c");
});

test("fifty metrics are on one screen as rows, with name, value and line, and are gone through by keys", async () => {
  const { hub } = stage;
  for (let index = 0; index < 60; index += 1) await hub.createMetricWith(`m${index}`, [1, 5, index]);
  const page = await stage.open("", { viewport: { width: 1_440, height: 900 } });
  await connected(page);
  await page.keyboard.press("r");
  await page.getByRole("button", { name: "Rows", pressed: true }).waitFor();
  const seen = () =>
    page.evaluate(() => {
      const bottom = document.querySelector("footer")?.getBoundingClientRect().top ?? 0;
      return [...document.querySelectorAll(".metric-row")].filter((row) => {
        const canvas = row.querySelector("canvas");
        return row.getBoundingClientRect().bottom <= bottom && canvas !== null && canvas.clientWidth > 40;
      }).length;
    });
  await until(async () => (await seen()) >= 50);
  await page.locator(".metric-row", { hasText: "m7" }).getByText("7", { exact: true }).waitFor();
  const columns = await page.evaluate(() => {
    const tops = [...document.querySelectorAll(".metric-row")].map((row) => row.getBoundingClientRect().top);
    return tops.filter((top) => top === tops[0]).length;
  });
  await page.getByRole("link", { name: "m0", exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(`m${columns}`);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: `m${columns}` }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Rows", pressed: true }).click();
  await page.locator(".card").first().waitFor();
});

test("a row says what is wrong with its metric", async () => {
  const silent = await stage.hub.createMetric("sensor", "100ms");
  await stage.hub.addReading(silent, 1);
  await stage.hub.createMetricWith("cpu", [1, 95]);
  const page = await stage.open(`#/?rows=1&limit=${encodeURIComponent("above:90:cpu")}`);
  await page.locator(".metric-row.is-broken").getByText("above 90").waitFor();
  await page
    .locator(".metric-row.is-silent")
    .getByText(/silent since/)
    .waitFor();
});

test("cards of a last row share its width, and large ones have axes", async () => {
  for (let index = 0; index < 5; index += 1) await stage.hub.createMetricWith(`m${index}`, [1, 2, 3]);
  const page = await stage.open("", { viewport: { width: 1_920, height: 1_080 } });
  await until(async () => (await page.locator(".card").count()) === 5);
  const edges = () =>
    page.evaluate(() => {
      const right = (element: Element | null | undefined) =>
        Math.round(element?.getBoundingClientRect().right ?? 0);
      const cards = document.querySelectorAll(".card");
      return right(cards[cards.length - 1]) - right(document.querySelector(".cards"));
    });
  await until(async () => (await edges()) === 0);
  await until(async () => (await page.locator(".card .with-axes canvas").count()) === 5);
});
