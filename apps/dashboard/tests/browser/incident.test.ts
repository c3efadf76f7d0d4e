import { expect, onTestFinished, test } from "vitest";

import { launch, openPage } from "../support/browser";
import { until } from "../support/hub";
import { beginIncident } from "../support/incident";
import { connected } from "../support/page";

test("each of four things that went wrong is found within three actions", async () => {
  const incident = await beginIncident();
  const browser = await launch();
  onTestFinished(async () => {
    await browser.close();
    await incident.end();
  });
  const { page } = await openPage(browser, `${incident.hub.url}/#/?window=300`);
  await connected(page);

  // The silent sensor: the title says that there is one, and one action leads to it.
  await until(async () => (await page.title()).startsWith("(1) "));
  await page.locator(".card.is-silent", { hasText: "cold-store/celsius" }).waitFor();
  await page.getByTestId("alerts").click();
  await page.getByRole("link", { name: "cold-store/celsius is silent" }).waitFor();
  await page.keyboard.press("Escape");

  // The deploy: two actions mark it, and a third one opens it.
  await page.getByRole("button", { name: "Marks" }).click();
  await page.getByRole("button", { name: "deploy", exact: true }).click();
  await page.getByRole("list", { name: "Marked events" }).getByRole("link", { name: "deploy api" }).click();
  await page.locator(".inspector", { hasText: "2.8.0" }).waitFor();

  // The slow subscriber and the gap: one action.
  await page.keyboard.press("h");
  const first = page.locator(".streams tbody tr").first();
  await until(async () => ((await first.textContent()) ?? "").includes("report"));
  expect(await first.getByRole("button", { name: /^Close the stream/ }).count()).toBe(1);
  const gaps = page.locator(".tile").filter({ has: page.getByRole("heading", { name: "Gaps reported" }) });
  await gaps.getByText("other-stream").waitFor();
}, 90_000);
