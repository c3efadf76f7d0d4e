import { expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { readingsAsCsv } from "./readings_file";

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
