import { expect, test } from "vitest";

import { steadyRange, ticks, timeRange, valueRange } from "./scales";

test("values get some air, but none below zero that never were", () => {
  const [low, high] = valueRange(0, 100);
  expect(low).toBe(0);
  expect(high).toBeGreaterThan(100);
  expect(valueRange(-10, 10)[0]).toBeLessThan(-10);
});

test.each([0, -5, 1e-12, 1e300, -1.7e308])("a line of nothing but %d lies in the middle", (value) => {
  const [low, high] = valueRange(value, value);
  expect(low).toBeLessThan(high);
  expect((low + high) / 2 / (value || 1)).toBeCloseTo(
    value === 0 ? 0 : Math.max(-1, (low + high) / 2 / value),
  );
  expect(Number.isFinite(high - low)).toBe(true);
});

test("nothing at all, and the largest doubles there are, have a range", () => {
  expect(valueRange(null, null)).toEqual([0, 1]);
  const [low, high] = valueRange(-Number.MAX_VALUE, Number.MAX_VALUE);
  expect(Number.isFinite(high - low)).toBe(true);
});

test("a scale stays until a value is beyond it, or the values are much nearer to each other", () => {
  const first = steadyRange(undefined, 10, 90);
  expect(first).toEqual(valueRange(10, 90));
  expect(steadyRange(first, 12, 93)).toBe(first);
  expect(steadyRange(first, 20, 80)).toBe(first);
  expect(steadyRange(first, 10, 100)).toEqual(valueRange(10, 100));
  expect(steadyRange(first, 40, 60)).toEqual(valueRange(40, 60));
  expect(steadyRange(first, null, null)).toEqual([0, 1]);
  const huge = steadyRange(undefined, -Number.MAX_VALUE, Number.MAX_VALUE);
  expect(steadyRange(huge, -Number.MAX_VALUE, Number.MAX_VALUE)).toBe(huge);
});

test.each([
  [0, 100, 5, [0, 20, 40, 60, 80, 100]],
  [-1, 1, 4, [-1, -0.5, 0, 0.5, 1]],
  [0, 4e-12, 4, [0, 1e-12, 2e-12, 3e-12, 4e-12]],
  [0, 1e300, 2, [0, 5e299, 1e300]],
])("ticks from %d to %d", (min, max, wanted, expected) => {
  expect(ticks(min, max, wanted)).toEqual(expected);
});

test.each([
  [1e15, 1e15 + 0.5],
  [1e15, 1e15 + 50],
  [-1e15 - 0.5, -1e15],
  [1e12, 1e12 + 0.1],
  [438_100_000_000, 438_100_000_000.002],
  [1_000_000, 1_000_000.002],
  [1, 1 + 1e-13],
  [1, 1 + 2 * Number.EPSILON],
])("no number is there twice from %d to %d", (min, max) => {
  const found = ticks(min, max, 5);
  expect(new Set(found).size).toBe(found.length);
  expect(found.length).toBeGreaterThan(0);
  expect(found.every((tick) => tick >= min && tick <= max)).toBe(true);
});

test("ticks end, whatever the scale", () => {
  expect(ticks(1, 1, 5)).toEqual([]);
  expect(ticks(1e15, 1e15 + 0.5, 5).length).toBeLessThanOrEqual(50);
  expect(ticks(0, Number.NaN, 5)).toEqual([]);
});

test("a period of less than a millisecond does not move the ticks off their second", () => {
  const lag = 0.2;
  const { min, max } = timeRange(1_700_000_000_000 - lag, 1_700_000_060_000 - lag);
  expect(min).toBe(1_700_000_000_000);
  expect(max).toBe(1_700_000_060_000);
  expect(timeRange(5, 5.1)).toEqual({ min: 5, max: 6 });
});
