import { expect, test } from "vitest";

import { Past } from "./past";
import { Series } from "./series";

const STEP = 1_000;

test("of each step the smallest and the largest value are drawn, in the order in which they came", () => {
  const past = new Past(STEP, 0);
  for (const [time, value] of [
    [0, 5],
    [100, 9],
    [200, 1],
    [900, 4],
    [1_500, 7],
  ] as const) {
    past.add(time, value);
  }
  const { times, values } = past.pointsBefore(Infinity);
  expect([...times]).toEqual([100, 200, 1_500]);
  expect([...values]).toEqual([9, 1, 7]);
});

test("readings in any order of time make the same steps", () => {
  const forward = new Past(STEP, 0);
  const backward = new Past(STEP, 0);
  const readings = Array.from({ length: 500 }, (_, index) => [index * 37, Math.sin(index)] as const);
  for (const [time, value] of readings) forward.add(time, value);
  for (const [time, value] of readings.toReversed()) backward.add(time, value);
  expect(backward.pointsBefore(Infinity)).toEqual(forward.pointsBefore(Infinity));
  expect(backward.between(0, 1e9).map(({ first, last, count }) => [first, last, count])).toEqual(
    forward.between(0, 1e9).map(({ first, last, count }) => [first, last, count]),
  );
});

test("a day of readings each second takes no more than its steps", () => {
  const past = new Past(86_400, 0);
  for (let second = 0; second < 86_400; second += 5) past.add(second * 1_000, second % 60);
  expect(past.pointsBefore(Infinity).times.length).toBeLessThanOrEqual(2 * 1_001);
  for (let second = 0; second < 86_400; second += 60) past.add((86_400 + second) * 1_000, 1);
  expect(past.between(0, Infinity).length).toBeLessThanOrEqual(1_200);
  expect(past.oldestTime).toBeGreaterThan(0);
});

function thinned(): Series {
  const series = new Series({ id: "a", name: "cpu", period: 1_000 }, 3);
  for (const time of [10_000, 11_000, 12_000]) series.add(time, 10);
  series.past = new Past(STEP * 5, 0);
  series.addPast([
    { time: 1_000, value: 1 },
    { time: 2_000, value: 2.5 },
    { time: 6_000, value: 0 },
  ]);
  return series;
}

test("a summary is about the past, too", () => {
  const summary = thinned().summary(0, 20_000);
  expect(summary).toMatchObject({ count: 6, first: 1, latest: 10, min: 0, max: 10, isWhole: false });
  expect(summary?.mean).toBeCloseTo(33.5 / 6);
  expect(thinned().summary(5_500, 9_000)).toMatchObject({ count: 1, first: 0, latest: 0 });
});

test("what has no room among the readings goes to the past, and nothing is missing between them", () => {
  const series = thinned();
  series.add(13_000, 11);
  series.add(14_000, 12);
  expect([...series.points.times]).toEqual([1_000, 2_000, 6_000, 10_000, 12_000, 13_000, 14_000]);
  expect(series.summary(0, 20_000)?.count).toBe(8);
  expect(series.oldestTime).toBe(1_000);
});

test("a chart draws the readings where they are while there is no past", () => {
  const series = new Series({ id: "a", name: "cpu", period: 1_000 }, 3);
  series.add(1, 2);
  expect(series.points.times.buffer).toBe(series.readings.times.buffer);
  series.clear();
  expect(series.points.times.length).toBe(0);
});
