import { beforeEach, expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { isLongAgo, Pasts, stepFor, stepToFill } from "./pasts";
import { Series } from "./series";

const HOUR = 3_600_000;
const DAY_STEP = 86_400;

let ports: FakePorts;
let pasts: Pasts;
let open: number;
let most: number;

beforeEach(() => {
  ports = new FakePorts();
  pasts = new Pasts(ports);
  open = 0;
  most = 0;
});

/** A hub with a reading every ten minutes over the last day. */
function dayOfReadings(): void {
  const rows = Array.from({ length: 24 * 6 }, (_, index) => ({
    metric_id: "m",
    value: index,
    timestamp: new Date(ports.time - (24 * 6 - index) * 600_000).toISOString(),
  }));
  ports.answer = async (url) => {
    open += 1;
    most = Math.max(most, open);
    await Promise.resolve();
    open -= 1;
    const { searchParams } = new URL(url, "http://hub");
    const since = searchParams.get("since") ?? "";
    const until = searchParams.get("until") ?? "";
    return json(rows.filter(({ timestamp }) => timestamp >= since && timestamp < until));
  };
}

function metric(id: string): Series {
  const series = new Series({ id, name: id, period: 600_000 }, 100);
  series.add(ports.time - 30_000, 1);
  return series;
}

test("only long windows are thinned, to a thousand steps", () => {
  expect(stepFor({ kind: "live", span: HOUR })).toBeUndefined();
  expect(stepFor({ kind: "live", span: 6 * HOUR })).toBe(21_600);
  expect(stepFor({ kind: "fixed", from: 0, to: 23 * HOUR })).toBe(DAY_STEP);
});

test("a short window is thinned where the readings that are held do not fill it, and the hub may have more", () => {
  const series = metric("a"); // of half a minute ago
  const { time } = ports;
  const hour = { kind: "live", span: HOUR } as const;
  expect(stepToFill(hour, series, time)).toBeUndefined();
  series.isCut = true;
  expect(stepToFill(hour, series, time)).toBe(3_600);
  expect(stepToFill({ kind: "live", span: 60_000 }, series, time)).toBe(60);
  expect(stepToFill({ kind: "fixed", from: time - 10_000, to: time }, series, time)).toBeUndefined();
  expect(stepToFill({ kind: "live", span: 6 * HOUR }, series, time)).toBe(21_600);
});

test("a day is loaded, two metrics at a time", async () => {
  dayOfReadings();
  const all = ["a", "b", "c", "d", "e"].map(metric);
  for (const series of all) pasts.want(series, DAY_STEP, ports.time - 24 * HOUR);
  expect(pasts.stateOf(all[4] as Series)).toBe("loading earlier readings");
  await ports.pass(0);
  await ports.pass(0);
  expect(pasts.waiting).toBe(0);
  expect(most).toBeLessThanOrEqual(2);
  for (const series of all) {
    expect(series.summary(0, ports.time)?.count).toBe(24 * 6 + 1);
    expect(pasts.stateOf(series)).toBe("");
  }
});

test("a window that moves on, and a card that is scrolled away and back, load nothing again", async () => {
  dayOfReadings();
  const series = metric("a");
  const release = pasts.want(series, DAY_STEP, ports.time - 24 * HOUR);
  await ports.pass(0);
  const asked = ports.requests.length;
  ports.time += 2 * HOUR;
  pasts.want(series, DAY_STEP, ports.time - 24 * HOUR)();
  release();
  pasts.want(series, DAY_STEP, ports.time - 24 * HOUR);
  await ports.pass(0);
  expect(ports.requests).toHaveLength(asked);
});

test("after a new snapshot the past is loaded again", async () => {
  dayOfReadings();
  const series = metric("a");
  pasts.want(series, DAY_STEP, ports.time - 24 * HOUR);
  await ports.pass(0);
  series.clear();
  pasts.refresh();
  await ports.pass(0);
  expect(series.summary(0, ports.time)?.count).toBeGreaterThan(140);
});

test("of metrics that are not looked at any more only so many are kept", async () => {
  dayOfReadings();
  const all = Array.from({ length: 70 }, (_, index) => metric(`m${index}`));
  for (const series of all) {
    const release = pasts.want(series, DAY_STEP, ports.time - 24 * HOUR);
    await ports.pass(0);
    release();
  }
  expect(all.filter(({ past }) => past !== undefined)).toHaveLength(64);
  expect(all[0]?.past).toBeUndefined();
});

test("a hub that refuses is quoted, and is not asked again and again", async () => {
  ports.answer = () => Promise.resolve(json({ error: "no such metric" }, {}, 404));
  const series = metric("a");
  pasts.want(series, DAY_STEP, 0);
  await ports.pass(60_000);
  expect(pasts.stateOf(series)).toBe("earlier readings: no such metric");
  expect(ports.requests).toHaveLength(1);
});

test("a span of long ago is loaded up to its end, and is forgotten when it is left", async () => {
  dayOfReadings();
  const series = metric("a");
  series.isCut = true;
  const from = ports.time - 20 * HOUR;
  expect(isLongAgo({ kind: "fixed", from, to: from + HOUR }, series)).toBe(true);
  expect(isLongAgo({ kind: "fixed", from, to: ports.time }, series)).toBe(false);
  expect(isLongAgo({ kind: "live", span: HOUR }, series)).toBe(false);
  const leave = pasts.want(series, 3_600, from, from + HOUR);
  await ports.pass(0);
  await ports.pass(0);
  expect(series.summary(from, from + HOUR)?.count).toBe(6);
  expect(series.past?.until).toBe(from + HOUR);
  leave();
  expect(series.past).toBeUndefined();
  pasts.want(series, 3_600, ports.time - HOUR);
  await ports.pass(0);
  await ports.pass(0);
  expect(series.past?.until).toBe(Infinity);
});
