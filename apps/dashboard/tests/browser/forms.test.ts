import type { Locator } from "playwright-core";
import { expect, test } from "vitest";

import { until } from "../support/hub";
import { agreed, connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests("--max-metrics", "2");

test("a metric is created, and what the hub has against it stands at the field", async () => {
  stage.forgiveFailedRequests();
  const page = await stage.open();
  await connected(page);
  await page.getByRole("button", { name: "New metric" }).click();
  const dialog = page.getByRole("dialog", { name: "New metric" });
  const name = dialog.getByLabel("Name");
  const frequency = dialog.getByLabel("A reading every");

  await name.fill("cpu");
  await frequency.fill("often");
  await dialog.getByRole("button", { name: "Create" }).click();
  await until(async () => (await frequency.getAttribute("aria-invalid")) === "true");
  expect(await describedBy(frequency)).toMatch(/^expected a duration such as "1s".*got "often"$/);
  expect(await name.getAttribute("aria-invalid")).toBe("false");

  await frequency.fill("2s");
  await name.fill("");
  await frequency.press("Enter");
  await until(async () => (await name.getAttribute("aria-invalid")) === "true");

  await name.fill("cpu");
  await name.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "cpu" }).waitFor();
  await page.getByText("every 2 s").or(page.getByText("no readings yet")).first().waitFor();
  expect((await stage.hub.metrics())[0]).toMatchObject({ name: "cpu", input_frequency: 2e9 });
});

test("a name that a metric has already is warned of, and taken", async () => {
  await stage.hub.createMetric("cpu");
  const page = await stage.open();
  await connected(page);
  await page.keyboard.press("n");
  const name = page.getByRole("textbox", { name: "Name" });
  await name.fill("cp");
  expect(await describedBy(name)).toBe("");
  await name.fill("cpu");
  await until(async () => /^There is a metric of this name already/.test(await describedBy(name)));
  await name.press("Enter");
  await until(async () => (await stage.hub.metrics()).length === 2);
});

test("a form that is being sent keeps the focus, and is sent once", async () => {
  const page = await stage.open();
  await connected(page);
  let asked = 0;
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/metrics", async (route) => {
    asked += 1;
    await held;
    await route.continue();
  });
  await page.keyboard.press("n");
  await page.getByRole("dialog").getByLabel("Name").fill("cpu");
  const create = page.getByRole("button", { name: "Create" });
  await create.click();
  await page.locator('dialog button[type="submit"][aria-disabled="true"]').waitFor();
  expect(await create.evaluate((button) => button === document.activeElement)).toBe(true);
  expect(await create.getAttribute("disabled")).toBeNull();
  await create.click({ force: true });
  expect(asked).toBe(1);
  answer();
  await page.getByText("Created cpu").waitFor();
  expect((await stage.hub.metrics()).map(({ name }) => name)).toEqual(["cpu"]);
});

test("an error that is about no field stands at the form", async () => {
  stage.forgiveFailedRequests();
  await stage.hub.createMetric("one");
  await stage.hub.createMetric("two");
  const page = await stage.open();
  await connected(page);
  await page.keyboard.press("n");
  await page.getByRole("textbox", { name: "Name" }).fill("three");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "--max-metrics" }).waitFor();
});

test("a reading is added, and what the hub has against it stands at the field", async () => {
  stage.forgiveFailedRequests();
  const id = await stage.hub.createMetric("cpu");
  const page = await stage.open(`#/metrics/${id}`);
  const value = page.getByRole("textbox", { name: "Value" });
  const time = page.getByRole("textbox", { name: "Time" });
  for (const [typed, complaint] of [
    ["much", /a number is expected/],
    ["1e400", /expected a finite number, got one past/],
  ] as const) {
    await value.fill(typed);
    await value.press("Enter");
    await until(async () => complaint.test(await describedBy(value)));
  }
  await value.fill("-5");
  await time.fill("yesterday");
  await value.press("Enter");
  await until(async () => (await time.getAttribute("aria-invalid")) === "true");
  await time.fill("");
  await value.press("Enter");
  await page.getByText("-5 was added.").waitFor();
  await until(async () => (await page.getByTestId("latest").textContent()) === "-5");
  await page.getByRole("link", { name: "Metrics" }).first().click();
  await agreed(page, stage.hub);
});

test("a click beside the views closes them, unless a name is typed", async () => {
  await stage.hub.createMetric("cpu");
  const page = await stage.open();
  await connected(page);
  const dialog = page.getByRole("dialog", { name: "Views" });
  await page.getByRole("button", { name: "Views" }).click();
  await dialog.waitFor();
  await page.mouse.click(5, 400);
  await dialog.waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Views" }).click();
  const name = dialog.getByLabel("Save what is shown as");
  await name.fill("all of them");
  await page.mouse.click(5, 400);
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("was saved in this browser").waitFor();
  expect(await name.inputValue()).toBe("all of them");
  await page.mouse.click(5, 400);
  await dialog.waitFor({ state: "detached" });
});

async function describedBy(field: Locator): Promise<string> {
  const id = (await field.getAttribute("aria-describedby")) ?? "";
  return (await field.page().locator(`[id="${id}"]`).textContent()) ?? "";
}
