import { expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { metricsAsCsv, readingsAsCsv } from "./readings_file";

test("a file has every digit that the hub has", async () => {
  const ports = new FakePorts();
  ports.answer = () =>
    Promise.resolve(
      json([
        { id: "r1", value: 1e300, timestamp: "2026-11-25T10:24:23.531598363Z" },
        { id: "r2", value: -0.1, timestamp: "2026-11-25T10:24:24Z" },
      ]),
    );
  const csv = await readingsAsCsv(ports, "m", 0, 1_000);
  expect(csv).toBe(
    "timestamp,value,id\r\n2026-11-25T10:24:23.531598363Z,1e+300,r1\r\n2026-11-25T10:24:24Z,-0.1,r2\r\n",
  );
  expect(ports.requests[0]?.url).toBe(
    "metrics/m/readings?since=1970-01-01T00%3A00%3A00.000Z&until=1970-01-01T00%3A00%3A01.001Z&limit=10000",
  );
});

test("an error is the hub's", async () => {
  const ports = new FakePorts();
  ports.answer = () => Promise.resolve(json({ error: "no such metric" }, {}, 404));
  await expect(readingsAsCsv(ports, "m", 0, 1)).rejects.toThrow("no such metric");
});

test("more readings than an answer holds are had in several, each once", async () => {
  const ports = new FakePorts();
  const stored = Array.from({ length: 25_000 }, (_, index) => ({
    id: `r${index}`,
    value: index,
    timestamp: new Date(1_000 + Math.floor(index / 3)).toISOString(),
  }));
  ports.answer = (url) => {
    const until = new URL(url, "http://hub").searchParams.get("until") ?? "";
    return Promise.resolve(json(stored.filter(({ timestamp }) => timestamp < until).slice(-10_000)));
  };
  const lines = (await readingsAsCsv(ports, "m", 0, 100_000)).split("\r\n");
  expect(lines).toHaveLength(25_002);
  expect(lines[1]).toContain(",0,r0");
  expect(lines[25_000]).toContain(",24999,r24999");
});

const { signal } = new AbortController();

/** A hub with so many readings of each metric. */
function holding(count: number): FakePorts {
  const ports = new FakePorts();
  ports.answer = (url) => {
    const id = /metrics\/([^/]+)\//.exec(url)?.[1] ?? "";
    const rows = Array.from({ length: count }, (_, index) => ({
      id: `${id}${index}`,
      value: index,
      timestamp: new Date(index).toISOString(),
    }));
    return Promise.resolve(json(rows));
  };
  return ports;
}

test("all metrics that are shown are one file, with their names", async () => {
  const metrics = [
    { id: "a", name: "cpu" },
    { id: "b", name: 'say "hi", twice' },
  ];
  const done: number[] = [];
  const file = await metricsAsCsv(holding(2), metrics, { from: 0, to: 9 }, signal, (count) =>
    done.push(count),
  );
  expect(file).toMatchObject({ rows: 4, isCut: false });
  expect(file.parts.join("").split("\r\n")).toEqual([
    "metric,timestamp,value,id",
    "cpu,1970-01-01T00:00:00.000Z,0,a0",
    "cpu,1970-01-01T00:00:00.001Z,1,a1",
    '"say ""hi"", twice",1970-01-01T00:00:00.000Z,0,b0',
    '"say ""hi"", twice",1970-01-01T00:00:00.001Z,1,b1',
    "",
  ]);
  expect(done).toEqual([0, 1]);
});

test("a file that would be too long is cut, and says so", async () => {
  const metrics = ["a", "b", "c"].map((id) => ({ id, name: id }));
  const span = { from: 0, to: 9 };
  const cut = await metricsAsCsv(holding(4), metrics, span, signal, () => undefined, 6);
  expect(cut).toMatchObject({ rows: 6, isCut: true });
  const exact = await metricsAsCsv(holding(4), metrics, span, signal, () => undefined, 12);
  expect(exact).toMatchObject({ rows: 12, isCut: false });
});

test("a download that is stopped asks for nothing more", async () => {
  const stop = new AbortController();
  const ports = holding(1);
  const metrics = ["a", "b", "c"].map((id) => ({ id, name: id }));
  const file = metricsAsCsv(
    ports,
    metrics,
    { from: 0, to: 9 },
    stop.signal,
    (done) => done === 1 && stop.abort(),
  );
  await expect(file).rejects.toThrow();
  expect(ports.requests).toHaveLength(2);
});
