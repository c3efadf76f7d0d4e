import { expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { loadHistory } from "./history";
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
