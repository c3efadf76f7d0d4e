import { expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { loadHistory, loadPast, loadSpan } from "./history";
import { Series } from "./series";

const HOUR = 3_600_000;

function stored(count: number, end: number) {
  return Array.from({ length: count }, (_, index) => ({
    metric_id: "m",
    value: index,
    timestamp: new Date(end - (count - index) * 1_000).toISOString(),
  }));
}

function setUp(count: number, held: number) {
  const ports = new FakePorts();
  const rows = stored(count, ports.time);
  const series = new Series({ id: "m", name: "cpu", period: 1_000 }, held);
  for (const row of rows.slice(-held)) series.add(Date.parse(row.timestamp), row.value);
  ports.answer = (url) => {
    const { searchParams } = new URL(url, "http://hub");
    const since = searchParams.get("since") ?? "";
    const until = searchParams.get("until") ?? "";
    const found = rows.filter(({ timestamp }) => timestamp >= since && timestamp < until);
    return Promise.resolve(json(found.slice(-10_000)));
  };
  return { ports, series };
}

const signal = new AbortController().signal;

test("an hour of one of many metrics is all there", async () => {
  const { ports, series } = setUp(3_600, 200);
  await loadHistory(ports, series, ports.time - HOUR, signal);
  expect([...series.readings.values]).toEqual(Array.from({ length: 3_600 }, (_, index) => index));
  series.add(ports.time, 3_600);
  expect(series.readings.length).toBe(3_601);
});

test("more than an answer holds comes in several", async () => {
  const { ports, series } = setUp(25_000, 100);
  await loadHistory(ports, series, 0, signal);
  expect(series.readings.length).toBe(25_000);
  expect(series.readings.valueAt(0)).toBe(0);
});

test("what is there already is not asked for", async () => {
  const { ports, series } = setUp(3_600, 200);
  await loadHistory(ports, series, ports.time - 100_000, signal);
  expect(ports.requests).toHaveLength(0);
});

test("a hub that refuses says why", async () => {
  const { ports, series } = setUp(10, 1);
  ports.answer = () => Promise.resolve(json({ error: "no such metric" }, {}, 404));
  await expect(loadHistory(ports, series, 0, signal)).rejects.toThrow("no such metric");
});

test("a span of long ago is loaded by itself, and nothing after it", async () => {
  const { ports, series } = setUp(50_000, 100);
  const from = ports.time - 40_000_000;
  const span = await loadSpan(ports, series, from, from + 60_000, signal);
  expect([...span.readings.values]).toEqual(Array.from({ length: 60 }, (_, index) => 10_000 + index));
  expect(span).toMatchObject({ id: "m", name: "cpu", period: 1_000 });
  expect(ports.requests).toHaveLength(1);
  expect(series.readings.length).toBe(100);
});

test("a long span of long ago is thinned by itself, and drawn without what came later", async () => {
  const { ports, series } = setUp(50_000, 100);
  const from = ports.time - 40_000_000;
  await loadPast(ports, series, 10_000, from, signal, from + 100_000);
  expect(ports.requests).toHaveLength(1);
  expect(series.summary(from, from + 100_000)).toMatchObject({ count: 100, min: 10_000, max: 10_099 });
  const { times } = series.points;
  expect(times.at(-1)).toBeLessThan(from + 100_000);
  // What is pushed out by new readings is not a part of it.
  for (let count = 0; count < 10; count += 1) series.add(ports.time + count, 1);
  expect(series.points.times.at(-1)).toBeLessThan(from + 100_000);
});
