import { expect, test } from "vitest";

import { listing, sortFrom, type Sort } from "./listing";
import { Series } from "./series";

function series(name: string, period: number, ...values: number[]): Series {
  const made = new Series({ id: name, name, period }, 100);
  values.forEach((value, index) => made.add(index, value));
  return made;
}

const all = [
  series("disk 10", 0, 5, 6),
  series("disk 9", 1, 9, 1),
  series("CPU load", 0, 1, 2),
  series("empty", 0),
];

function names(search: string, sort: Sort): string[] {
  return listing(all, search, sort, { from: 0, to: 10 }, 100_000).map(({ name }) => name);
}

test("every word must be in the name, whatever its case and place", () => {
  expect(names("load cpu", "created")).toEqual(["CPU load"]);
  expect(names("  ", "created")).toHaveLength(4);
  expect(names("disk x", "created")).toEqual([]);
});

test("names sort as people count", () => {
  expect(names("", "name")).toEqual(["CPU load", "disk 9", "disk 10", "empty"]);
});

test("by value and by change, the largest first and what has no readings last", () => {
  expect(names("", "latest")).toEqual(["disk 10", "CPU load", "disk 9", "empty"]);
  expect(names("", "change")).toEqual(["disk 9", "CPU load", "disk 10", "empty"]);
});

test("what is silent can come first", () => {
  expect(names("", "silent")[0]).toBe("disk 9");
});

test("a sort that is unknown is the order of creation", () => {
  expect(sortFrom("nonsense")).toBe("created");
  expect(sortFrom(null)).toBe("created");
  expect(sortFrom("name")).toBe("name");
});

test("sorting leaves the list as it was", () => {
  names("", "latest");
  expect(all[0]?.name).toBe("disk 10");
});

test("a change is measured by the size of what changed", () => {
  const large = series("large", 0, 1e9, 1e9 + 190);
  const small = series("small", 0, 5, 90);
  const order = listing([large, small], "", "change", { from: 0, to: 10 }, 100_000);
  expect(order.map(({ name }) => name)).toEqual(["small", "large"]);
});

test("a reading from the future keeps no metric in front", () => {
  const now = 100_000;
  const ahead = series("ahead", 0, 3);
  ahead.add(9_000_000, 1_000);
  const only = new Series({ id: "only", name: "only", period: 0 }, 100);
  only.add(9_000_000, 1_000);
  const usual = series("usual", 0, 4, 5);
  for (const sort of ["latest", "updated"] as const) {
    const order = listing([only, ahead, usual], "", sort, { from: 0, to: now }, now);
    expect(order.map(({ name }) => name)).toEqual(["usual", "ahead", "only"]);
  }
});
