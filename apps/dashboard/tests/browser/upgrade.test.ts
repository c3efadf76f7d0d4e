import { expect, test } from "vitest";

import { until } from "../support/hub";
import { connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

test("a hub that comes back as another version is loaded again, and what is typed is not lost", async () => {
  stage.forgiveFailedRequests();
  await stage.hub.createMetric("cpu");
  const page = await stage.open();
  let version = "1";
  let looks = 0;
  await page.route(`${stage.hub.url}/`, async (route) => {
    if (route.request().method() !== "HEAD") return route.fallback();
    looks += 1;
    return route.fulfill({ headers: { ETag: `"${version}"` } });
  });
  await page.reload();
  await connected(page);
  await until(() => looks > 0);
  const restart = async () => {
    const before = looks;
    await stage.hub.stop("SIGKILL");
    await until(async () => (await page.getByTestId("connection").textContent()) !== "connected");
    await stage.hub.startAgain();
    await until(() => looks > before);
  };
  const stay = () => page.evaluate(() => void ((globalThis as unknown as { stayed: boolean }).stayed = true));
  const stayed = () => page.evaluate(() => "stayed" in globalThis);
  await stay();
  await restart();
  expect(await stayed()).toBe(true);
  version = "2";
  await page.keyboard.press("n");
  await restart();
  expect(await stayed()).toBe(true);
  await page.keyboard.press("Escape");
  await stage.hub.stop("SIGKILL");
  await until(async () => (await page.getByTestId("connection").textContent()) !== "connected");
  await stage.hub.startAgain();
  await until(async () => !(await stayed().catch(() => true)));
  await connected(page);
}, 60_000);
