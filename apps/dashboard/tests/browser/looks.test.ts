import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import type { Hub } from "../support/hub";
import { agreed, connected } from "../support/page";
import { Stage } from "../support/stage";

const stage = Stage.forTests();

const SCREENSHOTS = fileURLToPath(new URL("../../screenshots", import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LONG = "a metric with a very long name that fits into no card";
const HOSTILE = "<img src=x onerror=alert(1)>";

test("a name that is HTML is shown as a text", async () => {
  const id = await stage.hub.createMetric(HOSTILE);
  await stage.hub.publish(HOSTILE, "", `</code><script>alert(1)</script>`);
  const page = await stage.open();
  let alerted = false;
  page.on("dialog", () => (alerted = true));
  await page.getByRole("link", { name: HOSTILE }).waitFor();
  await page.goto(`${stage.hub.url}/#/metrics/${id}`);
  await page.getByRole("heading", { name: HOSTILE }).waitFor();
  await page.goto(`${stage.hub.url}/#/events?debug=1`);
  await page.getByText(HOSTILE).first().waitFor();
  expect(await page.locator("img, main script").count()).toBe(0);
  expect(alerted).toBe(false);
});

test("values of every size can be read", async () => {
  const values = [1e-12, 1e300, -5, 0];
  for (const value of values) {
    const id = await stage.hub.createMetric(`value ${value}`);
    await stage.hub.addReading(id, value);
  }
  const page = await stage.open();
  await agreed(page, stage.hub);
  expect(await page.locator(".latest").allTextContents()).toEqual(["1e-12", "1e300", "-5", "0"]);
});

test("light and dark follow the system, also while the page is open", async () => {
  await fill(stage.hub);
  const page = await stage.open("", { colorScheme: "light" });
  await connected(page);
  const light = await ground(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await ground(page);
  expect(brightness(light)).toBeGreaterThan(200);
  expect(brightness(dark)).toBeLessThan(50);
});

const SIZES = [
  { width: 360, height: 740, scheme: "light" },
  { width: 360, height: 740, scheme: "dark" },
  { width: 1440, height: 900, scheme: "light" },
  { width: 1440, height: 900, scheme: "dark" },
  { width: 3840, height: 2160, scheme: "light" },
  { width: 3840, height: 2160, scheme: "dark" },
] as const;

test.each(SIZES)(
  "at $width x $height, $scheme, nothing is cut off and axe has nothing serious to say",
  async ({ width, height, scheme }) => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const [id = "", , , event = ""] = await fill(stage.hub);
    const page = await stage.open("", { viewport: { width, height }, colorScheme: scheme });
    for (const [name, path] of [
      ["overview", "#/"],
      ["groups", "#/?group=1&marks=deploy"],
      ["rows", `#/?rows=1&pin=memory&limit=above:10:cpu&limit=warn-above:10.12345678:${LONG}`],
      ["limits", "#/?limit=warn-above:20:cpu&limit=above:60:cpu&limit=above:10:memory"],
      ["chart", "#/chart?m=cpu&m=memory&marks=deploy"],
      ["metric", `#/metrics/${id}`],
      ["events", "#/events"],
      ["timed", "#/events?from=-1h&to=now"],
      ["event", `#/events/${event}`],
      ["hub", "#/hub"],
      ["wall", "#/?wall=1"],
      ["debug", "#/?debug=1"],
      ["alerts", "#/?limit=above:10:memory"],
      ["dialog", "#/"],
      ["time", "#/chart?m=cpu"],
      ["download", `#/metrics/${id}`],
    ] as const) {
      await page.keyboard.press("Escape"); // a dialog stays where only the view behind it is another
      await page.goto(`${stage.hub.url}/${path}`);
      await connected(page);
      if (name === "dialog") await page.keyboard.press("n");
      if (name === "time") await page.locator(".several canvas").waitFor();
      if (name === "time") await page.keyboard.press("t");
      if (name === "download") await page.locator(".metric canvas").waitFor();
      if (name === "download") await page.getByRole("button", { name: "Download", exact: true }).click();
      if (name === "alerts") await page.getByTestId("alerts").click();
      await page.locator("canvas, .event-list, .streams, dialog[open]").first().waitFor();
      if (name === "time" || name === "download") await page.locator("dialog[open]").waitFor();
      if (name === "timed") await page.getByText("the time given is over").waitFor();
      if (name === "debug") await page.locator(".debug").waitFor();
      if (name === "event") await page.locator(".inspector").waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${name} is wider than the window`).toBeLessThanOrEqual(0);
      if (width < 2_000) expect(await seriousFindings(page), name).toEqual([]);
      await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}-${scheme}.png` });
      await page.keyboard.press("Escape");
    }
  },
);

test("an empty hub says how to begin", async () => {
  const page = await stage.open();
  await page.getByRole("heading", { name: "No metrics yet" }).waitFor();
  await page.getByText(`sse-pub reading --url ${stage.hub.url}`).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

async function fill(hub: Hub): Promise<string[]> {
  const now = Date.now();
  const ids: string[] = [];
  for (const [index, name] of ["cpu", "memory", LONG].entries()) {
    const metric_id = await hub.createMetric(name, "1s");
    ids.push(metric_id);
    await hub.addReadings(
      Array.from({ length: 55 }, (_, step) => ({
        metric_id,
        value: 50 + 20 * Math.sin(step / (5 + index)),
        timestamp: new Date(now - step * 1_000).toISOString(),
      })),
    );
  }
  const data = { version: "1.2.3", build: 12345678901234567890n.toString(), tags: ["a", "b"], ok: true };
  const deploy = await hub.post<{ id: string }>("/events", { type: "deploy", topic: "ci/api", data });
  return [...ids, deploy.id];
}

interface Finding {
  id: string;
  impact: string | null;
  nodes: { target: string[] }[];
}

async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page's Content-Security-Policy would not have it.
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<{ violations: Finding[] }> } };
    return (await axe.run()).violations;
  });
  return findings
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

function ground(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
}

function brightness(colour: string): number {
  const parts = (colour.match(/\d+/g) ?? []).map(Number);
  return parts.slice(0, 3).reduce((sum, part) => sum + part, 0) / 3;
}
