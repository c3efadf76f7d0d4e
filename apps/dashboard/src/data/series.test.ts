import { expect, test } from "vitest";

import { Series } from "./series";

function series(period: number, ...values: number[]): Series {
  const made = new Series({ id: "a", name: "cpu", period }, 1_000);
  values.forEach((value, index) => made.add(index * 1_000, value));
  return made;
}

test("a summary is about the readings of its span, both ends included", () => {
  expect(series(0, 5, 1, 4, 2, 9).summary(1_000, 3_000)).toEqual({
    count: 3,
    first: 1,
    latest: 2,
    min: 1,
    max: 4,
    mean: expect.closeTo(7 / 3) as number,
    isWhole: true,
    decimals: 0,
  });
});

test("a span without readings has no summary", () => {
  expect(series(0, 1, 2).summary(100, 900)).toBeUndefined();
  expect(series(0).summary(0, 900)).toBeUndefined();
});

test("the mean of the largest values is a value", () => {
  expect(series(0, 1e308, 1e308).summary(0, 1_000)?.mean).toBe(1e308);
});

test("a metric is silent when two promised readings are missing", () => {
  const every = series(1_000, 1, 2); // the last at 1,000
  expect(every.silentSince(5_000)).toBeUndefined();
  expect(every.silentSince(5_001)).toBe(1_000);
});

test("a metric that promises nothing, or has no readings yet, is never silent", () => {
  expect(series(0, 1).silentSince(1e9)).toBeUndefined();
  expect(series(1_000).silentSince(1e9)).toBeUndefined();
});

test("a reading from the future is not the latest, and hides no silence", () => {
  const cpu = series(1_000, 1, 2);
  cpu.add(9_000_000, 3);
  expect(cpu.latest(2_000)).toEqual({ time: 1_000, value: 2 });
  expect(cpu.silentSince(1_500)).toBeUndefined();
  expect(cpu.silentSince(60_000)).toBe(1_000);
});

test("it is known how many digits behind the point readings have", () => {
  const digits = (...values: number[]) => series(0, ...values).summary(0, 1e6)?.decimals;
  expect(digits(1, 2)).toBe(0);
  expect(digits(1, 2.5, 0.25)).toBe(2);
  expect(digits(1e-9)).toBe(12);
});
