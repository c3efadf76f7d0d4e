import { afterAll, expect, test } from "vitest";

import { Hub, until } from "../support/hub";
import { Redis } from "../support/redis";
import { Stage } from "../support/stage";

const redis = await Redis.start();
afterAll(() => redis?.stop());

const stage = Stage.forTests(...(redis ? ["--cluster", redis.url] : []));

test.skipIf(!redis)("a hub of a cluster shows the others and their Redis", async () => {
  const other = await Hub.start("--cluster", redis?.url ?? "");
  try {
    const page = await stage.open("#/hub");
    const tile = page
      .locator(".tile")
      .filter({ has: page.getByRole("heading", { name: "Cluster", exact: true }) });
    await tile.getByText("2 hubs").waitFor();
    const hubs = page.locator(".hubs tbody tr");
    await until(async () => (await hubs.count()) === 2);
    const addresses = await hubs.allTextContents();
    expect(addresses.filter((row) => row.includes(`:${other.port}`))).toHaveLength(1);
    expect(addresses.filter((row) => row.includes("this one"))).toHaveLength(1);
    await page.getByText(/^Redis 7\.[\d.]+ at 127\.0\.0\.1:\d+/).waitFor();

    // One that is killed cannot say that it goes.
    await other.stop("SIGKILL");
    await hubs.filter({ hasText: "silent" }).waitFor();
    await until(async () => (await hubs.count()) === 1);
    await tile.getByText("1 hub", { exact: true }).waitFor();
  } finally {
    await other.stop();
  }
});
