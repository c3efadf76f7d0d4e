import { expect, test } from "vitest";

import { dashOf, MOST_SERIES } from "./dashes";
import { columns, extent, nearest } from "./lines";

const points = (...pairs: [number, number][]) => ({
  times: Float64Array.from(pairs.map(([time]) => time)),
  values: Float64Array.from(pairs.map(([, value]) => value)),
});

const same = (time: number) => time;

test("many readings of one column of pixels are one part of the line, with its ends and its extent", () => {
  const all = points([10, 3], [10.1, 9], [10.2, 1], [10.3, 4], [11, 5]);
  expect(columns(all, 0, 20, 100, same)).toEqual([
    { x: 10, first: 3, low: 1, high: 9, last: 4, isBegin: true },
    { x: 11, first: 5, low: 5, high: 5, last: 5, isBegin: false },
  ]);
});

test("a line reaches beyond both ends of the chart, and no further", () => {
  const all = points([1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6]);
  expect(columns(all, 2.5, 4.5, 100, same).map(({ x }) => x)).toEqual([2, 3, 4, 5]);
});

test("a hole is not crossed", () => {
  const all = points([1, 1], [2, 2], [9, 3], [10, 4]);
  expect(columns(all, 0, 20, 2, same).map(({ isBegin }) => isBegin)).toEqual([true, false, true, false]);
});

test("the reading at the crosshair is the nearest one", () => {
  const all = points([10, 1], [20, 2]);
  expect([0, 14, 16, 99].map((time) => nearest(all, time))).toEqual([0, 0, 1, 1]);
  expect(nearest(points(), 5)).toBe(-1);
});

test("the extent is about the span alone", () => {
  const all = points([1, 100], [2, 5], [3, -5], [4, 100]);
  expect(extent(all, 2, 3)).toEqual([-5, 5]);
  expect(extent(all, 50, 60)).toBeUndefined();
});

test("in forced colours every line has dashes of its own", () => {
  const all = Array.from({ length: MOST_SERIES }, (_, index) => dashOf(index, true).join(" "));
  expect(new Set(all).size).toBe(MOST_SERIES);
  expect(dashOf(0, false)).toEqual([]);
  expect(dashOf(7, false)).not.toEqual([]);
});
