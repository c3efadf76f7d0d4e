import { expect, test } from "vitest";

import { until } from "../support/hub";
import { agreed, connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

test("a metric is created with a unit, and what the hub has against it stands at the field", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open();
  await connected(page);
  await page.keyboard.press("n");
  await page.getByRole("textbox", { name: "Name" }).fill("room");
  const unit = page.getByRole("textbox", { name: "Unit" });
  await unit.fill("a unit that goes on for longer than it may");
  await unit.press("Enter");
  await until(async () => (await unit.getAttribute("aria-invalid")) === "true");
  await page.getByText("expected at most 32 bytes of UTF-8").waitFor();
  await unit.fill("°C");
  await unit.press("Enter");
  await page.getByText("Created room").waitFor();
  const [room] = await stage.hub.metrics();
  expect(room?.unit).toBe("°C");
  await stage.hub.addReading(room?.id ?? "", 21.5);
  await until(async () => (await page.getByTestId("latest").textContent()) === "21.5 °C");
});

test("the unit of a metric is not what its name ends with, but what it was created with", async () => {
  await stage.hub.createMetricWith("cache_seconds", [438_100_000_000, 438_101_000_000], "bytes");
  const id = await stage.hub.createMetricWith("served_seconds", [60, 62], "req/s");
  await stage.hub.createMetricWith("pause_seconds", [0.0123, 0.0456]);
  const page = await stage.open("#/?window=3600");
  await agreed(page, stage.hub);
  const latest = (name: string) =>
    page.locator(".card", { hasText: name }).getByTestId("latest").textContent();
  expect(await latest("cache_seconds")).toBe("438.10100 GB");
  expect(await latest("served_seconds")).toBe("62 req/s");
  expect(await latest("pause_seconds")).toBe("45.60 ms");
  const card = page.locator(".card", { hasText: "served_seconds" });
  expect(await card.locator(".figure-min dd").textContent()).toBe("60 req/s");
  expect(await card.locator(".change").textContent()).toBe("▲ +2 req/s");

  await page.goto(`${stage.hub.url}/#/metrics/${id}?window=3600`);
  await page.locator(".metric-figures", { hasText: "62 req/s" }).waitFor();
  await page.goto(`${stage.hub.url}/#/chart?window=3600&m=served_seconds&m=cache_seconds`);
  await page.locator(".legend li", { hasText: "62 req/s" }).waitFor();
  await page.locator(".legend li", { hasText: "438.10100 GB" }).waitFor();
});

test("a unit of another script, or of HTML, is a text behind its number", async () => {
  await stage.hub.createMetricWith("arabic", [5], "متر");
  await stage.hub.createMetricWith("html", [5], "<b>&amp;</b>");
  await stage.hub.createMetricWith("long", [999_999, 123_456], "items per minute and host, more");
  await stage.hub.createMetricWith("turned", [5], "a\u202eb");
  const page = await stage.open();
  await agreed(page, stage.hub);
  expect(await page.locator(".latest").allTextContents()).toEqual([
    "5 \u2068متر\u2069",
    "5 <b>&amp;</b>",
    "123,456 items per minute and host, more",
    "5 a⟨U+202E⟩b",
  ]);
  expect(await page.locator(".card b").count()).toBe(0);
  // A long one is left out of the other figures, and cut off where it does not fit.
  const long = page.locator(".card", { hasText: "long" });
  expect(await long.locator(".figure-max dd").textContent()).toBe("999,999");
  const inside = await long.evaluate((card) => {
    const latest = card.querySelector(".latest");
    return latest !== null && latest.getBoundingClientRect().right <= card.getBoundingClientRect().right;
  });
  expect(inside).toBe(true);
});
