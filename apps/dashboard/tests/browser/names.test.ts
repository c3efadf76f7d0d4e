import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

// U+202E turns what follows around: unseen, this is a picture.
const NAME = "a\u202egnp.exe";
const SHOWN = "a⟨U+202E⟩gnp.exe";

/** Texts and attributes of the page that have the sign itself; in a field it is what was typed. */
function turned(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = document.title.includes("\u202e") ? ["the title"] : [];
    for (const element of document.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        if (value.includes("\u202e") && element.tagName !== "INPUT") found.push(`${element.tagName} ${name}`);
      }
      for (const node of element.childNodes) {
        if (node.nodeType === Node.TEXT_NODE && node.nodeValue?.includes("\u202e"))
          found.push(`a text of ${element.tagName}`);
      }
    }
    return found;
  });
}

test("a name that turns itself around is shown as it is, wherever it stands", async () => {
  const page = await stage.open();
  await connected(page);
  await page.getByRole("button", { name: "New metric" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(NAME);
  await page.keyboard.press("Enter");
  await page.getByText(`Created ${SHOWN}`).waitFor();
  const card = page.getByRole("link", { name: SHOWN });
  await card.waitFor();
  expect(await card.getAttribute("title")).toBe(SHOWN);
  await page.getByRole("button", { name: "Choose" }).click();
  await page.getByRole("checkbox", { name: SHOWN }).check();
  expect(await turned(page)).toEqual([]);

  await page.getByRole("button", { name: "Views" }).click();
  await page.getByLabel("Save what is shown as").fill(NAME);
  await page.keyboard.press("Enter");
  await page.getByText(`“${SHOWN}” was saved`).waitFor();
  expect(await turned(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await until(async () => (await page.title()).startsWith(SHOWN));

  await page.getByRole("link", { name: "In one chart" }).click();
  await page.getByRole("button", { name: `Take ${SHOWN} out of the chart` }).waitFor();
  expect(await turned(page)).toEqual([]);
  await page.getByRole("button", { name: `Take ${SHOWN} out of the chart` }).click();
  await page.locator(`#metric-names option[value="${SHOWN}"]`).waitFor({ state: "attached" });
  await page.getByLabel("Add a metric").fill(SHOWN);
  await page.keyboard.press("Enter");

  await page.getByRole("link", { name: SHOWN }).click();
  await page.getByRole("heading", { name: SHOWN }).waitFor();
  await until(async () => (await page.title()).startsWith(SHOWN));
  await page.getByRole("button", { name: "Delete metric" }).click();
  await page.getByRole("heading", { name: `Delete ${SHOWN}?` }).waitFor();
  expect(await turned(page)).toEqual([]);
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Events" }).click();
  await page.locator(".event-row", { hasText: "metric_created" }).click();
  await page.getByRole("heading", { name: "metric_created" }).waitFor();
  await page.locator(".event-topic", { hasText: SHOWN }).waitFor();
  expect(await turned(page)).toEqual([]);
});
