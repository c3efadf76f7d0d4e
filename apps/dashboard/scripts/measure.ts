// usage: npm run measure -- [--seconds 120] [--metrics 50] [--rate 1000] [--dpr 1] [--stop 0]
//
// Opens the dashboard of a real hub in a browser, feeds the hub with --rate readings a second, and prints what
// the page made of it: frames of the main thread, delay from the hub to the screen, heap. --dpr: device pixels
// to a pixel of CSS. With --stop, the hub is stopped for so many seconds afterwards, as by `kill -STOP`, and must
// be followed again. The exit code is 1 when a goal is missed, or when the page does not show what the hub stores.
import { parseArgs } from "node:util";

import { disagreement } from "../tests/support/agreement";
import { launch, openPage } from "../tests/support/browser";
import { Hub, until } from "../tests/support/hub";
import { Feed } from "./measure/feed";
import { Observer } from "./measure/observer";
import { type Goal, report } from "./measure/report";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    metrics: { type: "string", default: "50" },
    rate: { type: "string", default: "1000" },
    dpr: { type: "string", default: "1" },
    stop: { type: "string", default: "0" },
  },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const dpr = Number(values.dpr);
const stopped = Number(values.stop);

// The goals are for a thousand readings a second; beyond that the page may draw less, but not fall behind.
const USUAL_RATE = 1_000;
// Seconds that the page shows: while everything that is sent lies in them, all of it can be compared.
const WINDOW = 900;
const EVERY = 10;

const hub = await Hub.start();
const browser = await launch();
const feed = await Feed.start(hub, Number(values.metrics), rate);
const { page, faults } = await openPage(browser, `${hub.url}/#/?window=${WINDOW}`, {
  deviceScaleFactor: dpr,
});
const observer = await Observer.start(browser, page, Feed.PROBE);

const samples = [];
for (let passed = 0; passed < seconds; passed += EVERY) {
  samples.push(await observer.sample(Math.min(EVERY, seconds - passed)));
}
const delays = await observer.delays();
const traced = await observer.tracedFrames(EVERY);

await feed.pause();
if (stopped > 0) {
  hub.signal("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, stopped * 1_000));
  hub.signal("SIGCONT");
  feed.goOn();
  await until(async () => (await page.getByTestId("connection").textContent()) === "connected", 60_000);
  await feed.pause();
}
let different: string | undefined;
const isWhole = samples.length * EVERY + 2 * EVERY < WINDOW;
if (isWhole) {
  await until(async () => (different = await disagreement(page, hub)) === undefined).catch(() => undefined);
}

const heaps = samples.map(({ heap }) => heap);
const half = heaps.slice(Math.floor(heaps.length / 2));
const worst = Math.min(...samples.map(({ frames }) => frames));
const goals: Goal[] = [
  {
    name: "delay from the hub to the screen, p95, ms",
    value: delays.p95,
    most: rate > USUAL_RATE ? 1_000 : 200,
  },
  { name: "faults in the console", value: faults.length, most: 0 },
];
if (isWhole) {
  goals.push({
    name: "cards that show something else than the hub",
    value: different === undefined ? 0 : 1,
    most: 0,
  });
}
if (rate <= USUAL_RATE) {
  goals.unshift(
    { name: "frames/s on the screen, by the trace", value: traced, least: 50 },
    { name: "frames/s, worst 10 s", value: worst, least: 50 },
    { name: "heap growth in the second half, MB", value: Math.max(...half) - (half[0] ?? 0), most: 1 },
  );
}
console.log(
  `${feed.describe()}, ${seconds} s, ${dpr} device pixels to a pixel; ${feed.sent} readings sent; hub stopped for ${stopped} s`,
);
const reached = report(samples, delays, goals);
for (const problem of different === undefined ? faults : [different, ...faults]) console.log(`  ${problem}`);

await browser.close();
await hub.stop();
process.exit(reached ? 0 : 1);
