// usage: npm run gallery -- [--out DIR] [--only NAME]
//
// Every page in light and dark at 360, 1440 and 3840 pixels, for eyes: of the hub of scripts/incident.ts. Says which
// pages are wider than their window, and what they write to the console.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { Page } from "playwright-core";

import { launch, openPage } from "../tests/support/browser";
import { beginIncident } from "../tests/support/incident";
import type { Hub } from "../tests/support/hub";
import { connected } from "../tests/support/page";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: fileURLToPath(new URL("../../../build/gallery", import.meta.url)) },
    only: { type: "string", default: "" },
  },
});
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

interface Shown {
  path: string;
  then?: (page: Page) => Promise<void>;
}

async function pagesOf(hub: Hub): Promise<Record<string, Shown>> {
  const metrics = (await (await fetch(`${hub.url}/metrics`)).json()) as { id: string; name: string }[];
  const [first, second] = metrics;
  if (first === undefined || second === undefined) throw new Error("the incident has fewer than two metrics");
  return {
    overview: { path: "#/" },
    groups: { path: "#/?group=1" },
    rows: { path: `#/?rows=1&pin=${second.name}&limit=warn-above:0.5:${first.name}` },
    chart: { path: `#/chart?m=${first.name}&m=${second.name}&own=1` },
    metric: { path: `#/metrics/${first.id}` },
    events: { path: "#/events" },
    event: {
      path: "#/events",
      then: async (page) => {
        await page.locator(".event-row").first().click();
      },
    },
    hub: { path: "#/hub" },
    wall: { path: "#/?wall=1" },
    help: {
      path: "#/",
      then: async (page) => {
        await page.keyboard.press("?");
      },
    },
  };
}

const widths = [
  { width: 360, height: 740 },
  { width: 1440, height: 900 },
  { width: 3840, height: 2160 },
];

const incident = await beginIncident();
const browser = await launch();
try {
  for (const [name, { path, then }] of Object.entries(await pagesOf(incident.hub))) {
    if (values.only !== "" && values.only !== name) continue;
    for (const viewport of widths) {
      for (const colorScheme of ["light", "dark"] as const) {
        const options = { viewport, colorScheme, hasTouch: viewport.width < 500 };
        const { page, faults, close } = await openPage(browser, `${incident.hub.url}/${path}`, options);
        await connected(page);
        await then?.(page);
        await page.waitForTimeout(1_500); // the figures of the last seconds
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        const file = `${name}-${viewport.width}-${colorScheme}.png`;
        await page.screenshot({ path: `${out}/${file}` });
        console.log(
          [file, ...(excess > 0 ? [`wider than its window by ${excess} px`] : []), ...faults].join(": "),
        );
        await close();
      }
    }
  }
} finally {
  await browser.close();
  await incident.end();
}
