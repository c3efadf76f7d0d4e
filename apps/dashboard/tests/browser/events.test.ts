import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

test("events of all types are shown, the newest first, also those from before", async () => {
  await stage.hub.publish("deploy", "ci/api", { version: "1.2.3" });
  const page = await stage.open("#/events");
  await typesAre(page, "deploy");
  const id = await stage.hub.createMetric("cpu");
  await stage.hub.addReading(id, 1);
  await stage.hub.publish("alarm", "", "text");
  await typesAre(page, "alarm", "metric_reading_created", "metric_created", "deploy");
  expect(await page.locator(".event-topic").allTextContents()).toEqual(["", "cpu", "cpu", "ci/api"]);

  await page.getByText("deploy").first().click();
  await page.getByText('"version": "1.2.3"').waitFor();
});

test("types and topics are filtered by the hub, and the filter survives a reload", async () => {
  for (const [type, topic] of [
    ["deploy", "ci/api"],
    ["deploy", "ci/web"],
    ["alarm", "room/1"],
  ] as const) {
    await stage.hub.publish(type, topic, 1);
  }
  const page = await stage.open("#/events");
  await typesAre(page, "alarm", "deploy", "deploy");
  await page.getByRole("searchbox", { name: "Types" }).fill("depl*");
  await typesAre(page, "deploy", "deploy");
  await page.getByRole("searchbox", { name: "Topics" }).fill("ci/web, room/#");
  await typesAre(page, "deploy");
  await page.reload();
  await typesAre(page, "deploy");
  await page.getByRole("searchbox", { name: "Types" }).fill("");
  await typesAre(page, "alarm", "deploy");
});

test("a filter that the hub refuses is explained", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open("#/events");
  await page.getByRole("searchbox", { name: "Topics" }).fill("a/#/b");
  await page.getByText(/topic/).filter({ hasText: "trying again" }).waitFor();
});

test("while it is paused nothing moves, and nothing is lost", async () => {
  await stage.hub.publish("one", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "one");
  await page.keyboard.press("p");
  await stage.hub.publish("two", "", 2);
  await page.getByRole("button", { name: "Go on (1 new)" }).waitFor();
  await typesAre(page, "one");
  await page.getByRole("button", { name: "Go on" }).click();
  await typesAre(page, "two", "one");
});

test("the tail goes on after a restart of the hub, and shows the gap", async () => {
  stage.forgiveFailedRequests();
  await stage.hub.publish("before", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "before");
  await stage.hub.stop("SIGKILL");
  await stage.hub.startAgain();
  await until(async () => (await types(page))[0] === "sse.gap");
  await stage.hub.publish("after", "", 1);
  await typesAre(page, "after", "sse.gap", "before");
});

function types(page: Page): Promise<string[]> {
  return page.locator(".event-type").allTextContents();
}

function typesAre(page: Page, ...expected: string[]): Promise<void> {
  return until(async () => JSON.stringify(await types(page)) === JSON.stringify(expected));
}
