import { expect, test } from "vitest";

import {
  formatNumber,
  formatQuantity,
  scaleFor,
  scaleOf,
  scaleOfChange,
  scaleOfOne,
  unitOf,
} from "./quantities";

test.each([
  ["disk.free_bytes", "B"],
  ["net bytes", "B"],
  ["net.rx_bytes_per_second", "B/s"],
  ["gc_pause_seconds", "s"],
  ["latency.ms", "ms"],
  ["cpu percent", "%"],
  ["room celsius", "°C"],
  ["cpu", ""],
  ["items", ""],
  ["rhythms", ""],
])("%j is measured in %j", (name, unit) => expect(unitOf({ name, unit: "" })).toBe(unit));

test.each([
  ["bytes", "B"],
  ["B", "B"],
  ["bytes/s", "B/s"],
  ["bytes per second", "B/s"],
  ["B/s", "B/s"],
  ["seconds", "s"],
  ["ms", "ms"],
  ["us", "µs"],
  ["percent", "%"],
  ["%", "%"],
  ["Celsius", "°C"],
  ["hertz", "Hz"],
  ["watts", "W"],
  ["volts", "V"],
  ["kilobytes", "kilobytes"],
  ["req/s", "req/s"],
  ["S", "S"],
  ["a\u202eb", "a⟨U+202E⟩b"],
  ["متر", "\u2068متر\u2069"],
])("a metric in %j is measured in %j, whatever its name ends with", (unit, shown) =>
  expect(unitOf({ name: "gc_pause_seconds", unit })).toBe(shown),
);

test.each([
  [62, "req/s", "62 req/s"],
  [123_456, "req/s", "123,456 req/s"],
  [13_920_000, "req/s", "13.92 M req/s"],
  [0.0123, "kWh", "0.0123 kWh"],
  [1e-12, "kWh", "1e-12 kWh"],
  [62, "requests", "62"],
])("%d with a unit that is not known, %j, reads %s", (value, unit, text) => {
  expect(formatQuantity(value, scaleOfOne(value, unit))).toBe(text);
});

test("a number alone has its prefix", () => {
  expect(formatNumber(13_920_000, scaleOfOne(13_920_000, "requests/s"))).toBe("13.92 M");
});

test.each([
  [0, "", "0"],
  [-5, "", "-5"],
  [40.25, "", "40.25"],
  [1e-12, "", "1e-12"],
  [1e300, "", "1e300"],
  [1234, "", "1,234"],
  [13_920_000, "", "13.92 M"],
  [438_100_000_000, "B", "438.1 GB"],
  [0.0123, "s", "12.3 ms"],
  [93.5, "%", "93.5%"],
  [1_234, "°C", "1,234 °C"],
  [0.00012, "", "0.00012"],
])("%d with the unit %j alone reads %s", (value, unit, text) => {
  expect(formatQuantity(value, scaleOfOne(value, unit))).toBe(text);
});

const all = (values: number[], unit = "") => {
  const scale = scaleOf(
    { min: Math.min(...values), max: Math.max(...values), isWhole: values.every(Number.isInteger) },
    unit,
  );
  return values.map((value) => formatQuantity(value, scale));
};

test("the numbers of a window have the same decimals, enough to tell them apart", () => {
  expect(all([84.17, 71.987, 80])).toEqual(["84.17", "71.99", "80.00"]);
  expect(all([1, 2, 250])).toEqual(["1", "2", "250"]);
  expect(all([1_000_000, 1_000_000.002])).toEqual(["1,000,000.0000", "1,000,000.0020"]);
  expect(all([438_100_000_000, 438_101_000_000], "B")).toEqual(["438.10000 GB", "438.10100 GB"]);
});

test("no digit is shown that no value has", () => {
  const scale = scaleOf({ min: 11.3, max: 16.3, isWhole: false, decimals: 1 }, "");
  expect(formatQuantity(12.1, scale)).toBe("12.1");
  const window = { min: 8.22, max: 9.2, isWhole: false, decimals: 2 };
  expect(formatQuantity(-0.09, scaleOfChange(-0.09, window, "GiB"))).toBe("-0.09 GiB");
  expect(formatQuantity(69.2, scaleOfChange(69.2, window, ""))).toBe("69.20");
});

test("the labels of an axis are all different", () => {
  for (const [from, step, unit] of [
    [438_100_000_000, 500_000, "B"],
    [1_000_000, 0.0005, ""],
    [1_795_929_390, 10, ""],
    [0, 2e299, ""],
    [0, 0.2, "s"],
  ] as const) {
    const ticks = Array.from({ length: 5 }, (_, index) => from + index * step);
    const scale = scaleFor(from, from + 4 * step, step, unit);
    expect(new Set(ticks.map((tick) => formatQuantity(tick, scale))).size).toBe(5);
  }
});
