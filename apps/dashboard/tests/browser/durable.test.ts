import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { until } from "../support/hub";
import { Stage } from "../support/stage";

const directory = mkdtempSync(join(tmpdir(), "sse-dashboard-data-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const stage = Stage.forTests("--data-dir", directory);

test("a hub with a data directory shows its journal and its archive", async () => {
  const page = await stage.open("#/hub");
  const tile = (name: string) =>
    page.locator(".tile").filter({ has: page.getByRole("heading", { name, exact: true }) });
  await tile("Journal").waitFor();
  for (let event = 0; event < 5; event += 1) await stage.hub.publish("tick", "", event);
  await until(async () => /at most [\d.]+ m?s/.test((await tile("Journal").textContent()) ?? ""));
  expect(await tile("Journal").textContent()).toMatch(/on disk[\d.]+ [kMG]?B/);
  expect(await tile("Journal").textContent()).toMatch(/pending: \d+ appends/);
  await tile("Journal failures").getByText("none since its start").waitFor();
  await tile("Archive").getByText("streams that wait").waitFor();
});
