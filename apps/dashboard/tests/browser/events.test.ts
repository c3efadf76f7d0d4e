import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected, streamsOf } from "../support/page";
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

  await row(page, "deploy").click();
  await page.getByRole("button", { name: '"version"', exact: true }).waitFor();
  await page.locator(".json-string", { hasText: "1.2.3" }).waitFor();
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
  await page.getByText(/topic filter 'a\/#\/b'/).waitFor();
  expect(await page.getByText("another try follows").count()).toBe(0);
  expect(await page.getByText("The log is empty").count()).toBe(0);
  expect(await page.getByText("Nothing that matches").count()).toBe(0);
  const [red, shown] = await page.getByText(/topic filter 'a\/#\/b'/).evaluate((element) => {
    const swatch = document.createElement("i");
    swatch.style.color = "var(--bad)";
    document.body.append(swatch);
    return [getComputedStyle(swatch).color, getComputedStyle(element).color];
  });
  expect(shown).toBe(red);
});

test("a hub that is away is not said to have an empty log", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open("#/events");
  await page.getByText("The log is empty.").waitFor();
  await stage.hub.stop("SIGKILL");
  await page.getByText("The hub cannot be reached.").waitFor();
  expect(await page.getByText("The log is empty.").count()).toBe(0);
});

test("how long events take to the screen is said of all of them", async () => {
  const page = await stage.open("#/events");
  await connected(page);
  await page.getByText("The log is empty.").waitFor();
  expect(await page.getByTestId("delay").textContent()).toBe("–");
  await stage.hub.publish("deploy", "", 1);
  await until(async () => /^\d+ ms$/.test((await page.getByTestId("delay").textContent()) ?? ""));
});

test("while it is paused nothing moves, and nothing is lost", async () => {
  await stage.hub.publish("one", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "one");
  await page.keyboard.press("p");
  await stage.hub.publish("two", "", 2);
  await page.getByRole("button", { name: "Resume (1 new)" }).waitFor();
  await typesAre(page, "one");
  await page.getByRole("button", { name: "Resume" }).click();
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

test("what is rare is found under any number of other events", async () => {
  const { hub } = stage;
  await hub.publish("deploy", "ci/api", { version: "1.2.3" });
  for (let batch = 0; batch < 3; batch += 1) {
    const ticks = Array.from({ length: 100 }, (_, index) => ({ type: "tick", data: index }));
    await hub.post("/events", ticks);
  }
  const page = await stage.open("#/events?type=deploy");
  await typesAre(page, "deploy");
  await page.getByRole("searchbox", { name: "Types" }).fill("alarm");
  await page.getByText("Nothing that matches was found in the whole log.").waitFor();
});

test("without a filter one says how far back the list goes", async () => {
  const { hub } = stage;
  await hub.publish("deploy", "ci/api", 1);
  for (let count = 0; count < 150; count += 1) await hub.publish("tick", "", count);
  const page = await stage.open("#/events");
  await page.getByText("100 events").waitFor();
  const deploy = page.locator(".event-type", { hasText: "deploy" });
  expect(await deploy.count()).toBe(0);
  await page.getByLabel("How far back").selectOption("everything");
  await page.getByText("the newest 100 of 151").waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await deploy.waitFor();
  await page.reload();
  await page.getByText("the newest 100 of 151").waitFor();
});

test("readings are hidden by a button, beside what is typed", async () => {
  const { hub } = stage;
  const id = await hub.createMetric("cpu");
  await hub.publish("deploy", "", 1);
  await hub.addReading(id, 1);
  const page = await stage.open("#/events");
  await typesAre(page, "metric_reading_created", "deploy", "metric_created");
  await page.getByRole("button", { name: "Hide readings" }).click();
  await typesAre(page, "deploy", "metric_created");
  await page.getByRole("searchbox", { name: "Types" }).fill("-metric_reading_created, metric_*");
  await typesAre(page, "metric_created");
  await page.getByRole("button", { name: "Hide readings", pressed: true }).click();
  await typesAre(page, "metric_reading_created", "metric_created");
  expect(await page.getByRole("searchbox", { name: "Types" }).inputValue()).toBe("metric_*");
});

test("a time on the list says how long ago it was", async () => {
  await stage.hub.publish("deploy", "ci/api", 1);
  const page = await stage.open("#/events");
  const time = page.locator(".event-time").first();
  await time.hover();
  await until(async () => /^(now|\d.* ago)$/.test((await time.getAttribute("title")) ?? ""));
});

test("data is searched by text, by expression and by condition", async () => {
  const { hub } = stage;
  for (const [type, data] of [
    ["one", { value: 95, text: "Fire" }],
    ["two", { value: 90, text: "smoke" }],
    ["three", "fire"],
  ] as const) {
    await hub.publish(type, "", data);
  }
  const page = await stage.open("#/events");
  await page.getByRole("searchbox", { name: "Text in the data" }).fill("fire");
  await typesAre(page, "three", "one");
  await page.getByRole("searchbox", { name: "Text in the data" }).fill("/Fire|smoke/");
  await typesAre(page, "two", "one");
  await page.getByRole("searchbox", { name: "Condition" }).fill("/value > 90");
  await typesAre(page, "one");
  await page.reload();
  await typesAre(page, "one");
  await hub.publish("four", "", { value: 96, text: "smoke" });
  await typesAre(page, "four", "one");
  await page.getByRole("searchbox", { name: "Condition" }).fill("value > 90");
  await page.getByRole("alert").filter({ hasText: "/value > 90" }).waitFor();
  await page.getByText("As a command").click();
  await page.getByText("sse-sub --url").first().waitFor();
});

test("a page has one stream, whatever it shows, and counts what comes down it", async () => {
  const { hub } = stage;
  const id = await hub.createMetric("cpu");
  const page = await stage.open("#/events");
  await connected(page);
  await until(async () => (await streamsOf(hub)) === 1);
  await hub.post(
    "/events",
    Array.from({ length: 500 }, () => ({ type: "tick", data: 1 })),
  );
  await until(async () => Number.parseFloat((await page.getByTestId("rate").textContent()) ?? "") > 10);
  await page.getByRole("link", { name: "Metrics" }).click();
  await hub.addReading(id, 42);
  await page.getByText("42", { exact: true }).first().waitFor();
  expect(await streamsOf(hub)).toBe(1);
});

test("a page that shows no events is sent none", async () => {
  const { hub } = stage;
  const page = await stage.open("#/?debug=1");
  await connected(page);
  const { streams } = (await (await fetch(`${hub.url}/-/streams`)).json()) as {
    streams: { filter: { types: string[] } | null }[];
  };
  expect(streams.map(({ filter }) => filter?.types)).toEqual([["metric_*"]]);
});

test("an event's data is shown as it was written", async () => {
  const { hub } = stage;
  await fetch(`${hub.url}/events`, {
    method: "POST",
    body: '{"type":"exact","data":{"id":12345678901234567890,"f":1.10,"dup":1e3}}',
  });
  const page = await stage.open("#/events");
  await row(page, "exact").click();
  await page.locator(".json-number").first().waitFor();
  expect(await page.locator(".json-number").allTextContents()).toEqual([
    "12345678901234567890",
    "1.10",
    "1e3",
  ]);
});

test("an opened event stays, however many come after it, and has an address of its own", async () => {
  const { hub } = stage;
  await hub.publish("deploy", "ci/api", { version: "1.2.3" });
  const page = await stage.open("#/events");
  await row(page, "deploy").click();
  await page.getByRole("heading", { name: "deploy" }).hover(); // a mouse on the list would hold it
  for (let batch = 0; batch < 12; batch += 1) {
    await hub.post(
      "/events",
      Array.from({ length: 200 }, () => ({ type: "tick", data: 1 })),
    );
  }
  await until(async () =>
    (await page.locator(".event-type").allTextContents()).every((type) => type === "tick"),
  );
  await page.getByRole("heading", { name: "deploy" }).waitFor();
  expect(page.url()).toMatch(/#\/events\/[0-9a-f-]{36}/);
  await page.reload();
  await page.getByRole("heading", { name: "deploy" }).waitFor();
  await page.goto(`${hub.url}/#/events/01a225c3-46cc-751e-b3ac-00000000ffff`);
  await page.getByRole("heading", { name: "No such event" }).waitFor();
});

test("data of megabytes does not make the page endless", async () => {
  const { hub } = stage;
  const large = Array.from({ length: 5_000 }, (_, index) => ({
    index,
    name: `name ${index}`,
    nested: [1, 2],
  }));
  await hub.publish("large", "", large);
  await hub.publish("text", "", "x".repeat(255_000));
  const page = await stage.open("#/events");
  for (const type of ["large", "text"]) {
    await row(page, type).click();
    await page.getByRole("heading", { name: type }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(2_000);
  }
});

test("what is scrolled to stays where it is while events come", async () => {
  const { hub } = stage;
  await hub.post(
    "/events",
    Array.from({ length: 100 }, (_, index) => ({ type: `event${index}`, data: 1 })),
  );
  const page = await stage.open("#/events");
  await until(async () => (await types(page)).length === 100);
  await page.mouse.move(400, 500);
  await page.mouse.wheel(0, 600);
  await page.getByRole("button", { name: /^Resume/ }).waitFor();
  await hub.post(
    "/events",
    Array.from({ length: 150 }, () => ({ type: "later", data: 1 })),
  );
  await page.getByRole("button", { name: "Resume (150 new)" }).waitFor();
  expect(await types(page)).toHaveLength(100);
  expect((await types(page)).includes("later")).toBe(false);
  await page.getByRole("button", { name: /^Resume/ }).click();
  await until(async () => (await types(page)).every((type) => type === "later"));
});

test("the row under the mouse stays there while events come, until the mouse leaves", async () => {
  const { hub } = stage;
  await hub.post(
    "/events",
    Array.from({ length: 20 }, (_, index) => ({ type: `event${index}`, data: 1 })),
  );
  const page = await stage.open("#/events");
  await until(async () => (await types(page)).length === 20);
  await row(page, "event12").hover();
  await hub.post(
    "/events",
    Array.from({ length: 200 }, () => ({ type: "later", data: 1 })),
  );
  await page.getByText("the newest 20 of 220").waitFor();
  expect(await page.locator(".event-row:hover .event-type").textContent()).toBe("event12");
  expect((await types(page)).includes("later")).toBe(false);
  await page.getByRole("heading", { name: "Events" }).hover();
  await until(async () => (await types(page)).every((type) => type === "later"));

  // What was paused meanwhile stays so.
  await row(page, "later").hover();
  await page.keyboard.press("p");
  await page.getByRole("heading", { name: "Events" }).hover();
  await page.getByRole("button", { name: /^Resume/, pressed: true }).waitFor();
});

test("an address that is pasted into an open page is followed", async () => {
  const { hub } = stage;
  await hub.publish("one", "", 1);
  await hub.publish("two", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "two", "one");
  await page.evaluate(() => (location.hash = "#/events?type=one"));
  await typesAre(page, "one");
  expect(await page.getByRole("searchbox", { name: "Types" }).inputValue()).toBe("one");
  await hub.createMetric("memory");
  await hub.createMetric("cpu");
  await page.evaluate(() => (location.hash = "#/"));
  await page.getByRole("link", { name: "cpu" }).waitFor();
  await page.evaluate(() => (location.hash = "#/?q=memory"));
  await page.getByText("1 of 2").waitFor();
  expect(await page.getByRole("searchbox").inputValue()).toBe("memory");
});

test("an event is published from the page, and once more", async () => {
  const { hub } = stage;
  const page = await stage.open("#/events");
  await page.getByRole("button", { name: "Publish" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Type").fill("deploy");
  await dialog.getByLabel("Topic").fill("ci/api");
  await dialog.getByLabel("Data").fill('{"f":1.10}');
  await dialog.getByRole("button", { name: "Publish" }).click();
  await typesAre(page, "deploy");
  await row(page, "deploy").click();
  await page.locator(".json-number", { hasText: "1.10" }).waitFor();
  await page.getByRole("button", { name: "Publish again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await typesAre(page, "deploy", "deploy");
  const answer = (await (await fetch(`${hub.url}/events?since=earliest`)).json()) as {
    events: { data: string }[];
  };
  expect(answer.events.map(({ data }) => data)).toEqual(['{"f":1.10}', '{"f":1.10}']);
});

test("a text that turns itself around is shown as it is", async () => {
  await stage.hub.publish("type\u202egnp", "", 1);
  const page = await stage.open("#/events");
  await typesAre(page, "type⟨U+202E⟩gnp");
});

function row(page: Page, type: string): Locator {
  return page
    .locator(".event-row")
    .filter({ has: page.getByText(type, { exact: true }) })
    .first();
}

function types(page: Page): Promise<string[]> {
  return page.locator(".event-type").allTextContents();
}

function typesAre(page: Page, ...expected: string[]): Promise<void> {
  return until(async () => JSON.stringify(await types(page)) === JSON.stringify(expected));
}
