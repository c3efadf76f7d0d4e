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
