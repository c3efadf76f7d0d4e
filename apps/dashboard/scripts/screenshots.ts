// usage: npm run screenshots -- [--out DIR] [--seconds 90]
//
// The pictures of the README: the dashboard of a real hub with the figures of this machine, in light and dark.
// They come from examples/host-metrics.sh, for as long as --seconds says.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { launch, openPage } from "../tests/support/browser";
import { Hub } from "../tests/support/hub";
import { connected } from "../tests/support/page";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: `${root}docs/images` },
    seconds: { type: "string", default: "90" },
  },
});
const out = resolve(values.out);

const hub = await Hub.start();
const program = process.env.SSE_SERVE ?? `${root}build/bin/sse-serve`;
// Ten readings a second, each in a process group of its own: the script starts others.
const feed = spawn(`${root}examples/host-metrics.sh`, ["0.5"], {
  env: { ...process.env, SSE_URL: hub.url, PATH: `${dirname(program)}:${process.env.PATH ?? ""}` },
  stdio: ["ignore", "ignore", "inherit"],
  detached: true,
});
try {
  console.log(`collecting the figures of this machine for ${values.seconds} s`);
  await new Promise((enough) => setTimeout(enough, Number(values.seconds) * 1_000));
  mkdirSync(out, { recursive: true });
  const browser = await launch();
  const size = { width: 1280, height: 720 };
  for (const colorScheme of ["light", "dark"] as const) {
    const { page, close } = await openPage(browser, hub.url, {
      viewport: size,
      colorScheme,
      deviceScaleFactor: 1.5,
    });
    await connected(page);
    await page.locator(".card canvas").first().waitFor();
    // Numbers about the connection are about the last seconds: a moment for them to be about something.
    await page.waitForFunction(() =>
      /\d ms/.test(document.querySelector("[data-testid=delay]")?.textContent ?? ""),
    );
    await page.screenshot({ path: `${out}/dashboard-${colorScheme}.png` });
    await close();
  }
  await browser.close();
  console.log(`wrote ${out}/dashboard-light.png and dashboard-dark.png`);
} finally {
  if (feed.pid !== undefined) process.kill(-feed.pid);
  await hub.stop();
}
