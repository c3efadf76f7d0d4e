import { expect, test } from "vitest";

import { metricRow, readingRow, timeOf } from "./rows";

test("an input frequency comes in nanoseconds and is kept in milliseconds", () => {
  expect(metricRow({ id: "a", name: "cpu", input_frequency: 250_000_000 })).toEqual({
    id: "a",
    name: "cpu",
    period: 250,
  });
});

test("a metric has the unit that the hub says, if it is a text", () => {
  expect(metricRow({ id: "a", name: "disk", unit: "bytes" })?.unit).toBe("bytes");
  expect(metricRow({ id: "a", name: "disk", unit: 7 })?.unit).toBeUndefined();
});

test("a metric of a hub that promises nothing has no period", () => {
  expect(metricRow({ id: "a", name: "cpu" })?.period).toBe(0);
});

test("a time keeps what it says below a millisecond", () => {
  const whole = Date.parse("2026-11-25T10:24:23.531Z");
  expect(timeOf("2026-11-25T10:24:23.531Z")).toBe(whole);
  expect(timeOf("2026-11-25T10:24:23.531598363Z")).toBeCloseTo(whole + 0.598363, 3);
  expect(timeOf("2026-11-25T10:24:23Z")).toBe(Date.parse("2026-11-25T10:24:23Z"));
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a text", "x"],
  ["an array", []],
  ["no metric", { value: 1, timestamp: "2026-01-01T00:00:00Z" }],
  ["a value that is a text", { metric_id: "a", value: "1", timestamp: "2026-01-01T00:00:00Z" }],
  ["no time", { metric_id: "a", value: 1 }],
  ["a time that is none", { metric_id: "a", value: 1, timestamp: "soon" }],
])("%s is not a reading", (_what, row) => {
  expect(readingRow(row)).toBeUndefined();
});

test("0, -5, 1e-12 and 1e300 are values", () => {
  for (const value of [0, -5, 1e-12, 1e300]) {
    expect(readingRow({ metric_id: "a", value, timestamp: "2026-01-01T00:00:00Z" })?.value).toBe(value);
  }
});
