import { expect, test } from "vitest";

import { boundsOf, movedBy, rangeFrom, rangeParams, spanTrouble, zoomed, zoomedAt } from "./range";

const from = (query: string) => rangeFrom(new URLSearchParams(query));

test("the address says the window, and nonsense is the usual one", () => {
  expect(from("window=3600")).toEqual({ kind: "live", span: 3_600_000 });
  for (const query of ["", "window=7", "window=x", "from=5", "from=9&to=3", "from=0&to=1e15"]) {
    expect(from(query)).toEqual({ kind: "live", span: 60_000 });
  }
});

test("a zoom stands still, and survives in the address", () => {
  const range = { kind: "fixed", from: 1_000, to: 61_000 } as const;
  expect(from(`from=1000&to=61000&window=60`)).toEqual(range);
  expect(boundsOf(range, 9e9)).toMatchObject({ from: 1_000, to: 61_000 });
  expect(rangeParams(range)).toEqual({ from: "1000", to: "61000" });
  expect(rangeParams({ kind: "live", span: 60_000 })).toEqual({ window: "60", from: null, to: null });
});

test("zooming keeps the middle, and moving keeps the span", () => {
  expect(zoomed({ kind: "live", span: 60_000 }, 100_000, 0.5)).toEqual({
    kind: "fixed",
    from: 55_000,
    to: 85_000,
  });
  expect(zoomed({ kind: "fixed", from: 0, to: 1_000 }, 5_000, 1, -0.5)).toEqual({
    kind: "fixed",
    from: -500,
    to: 500,
  });
});

test("there is an end to zooming, both ways", () => {
  let range = zoomed({ kind: "live", span: 60_000 }, 0, 0.5);
  for (let step = 0; step < 40; step += 1) range = zoomed(range, 0, 0.5);
  expect(boundsOf(range, 0).to - boundsOf(range, 0).from).toBe(10);
  for (let step = 0; step < 80; step += 1) range = zoomed(range, 0, 2);
  expect(boundsOf(range, 0).to - boundsOf(range, 0).from).toBe(24 * 3_600_000);
});

test("zooming out and moving on do not go into the future", () => {
  expect(zoomed({ kind: "live", span: 60_000 }, 100_000, 2)).toEqual({
    kind: "fixed",
    from: -20_000,
    to: 100_000,
  });
  expect(zoomed({ kind: "fixed", from: 40_000, to: 90_000 }, 100_000, 1, 0.5)).toEqual({
    kind: "fixed",
    from: 50_000,
    to: 100_000,
  });
});

test("zooming at a time keeps it where it is", () => {
  const range = { kind: "fixed", from: 0, to: 100_000 } as const;
  expect(zoomedAt(range, 1e9, 0.5, 20_000)).toEqual({ kind: "fixed", from: 10_000, to: 60_000 });
  expect(zoomedAt(range, 1e9, 2, 50_000)).toEqual({ kind: "fixed", from: -50_000, to: 150_000 });
  expect(zoomedAt(range, 1e9, 1e-9, 0)).toEqual({ kind: "fixed", from: 0, to: 10 });
  // At the present there is no room on the right.
  expect(zoomedAt({ kind: "live", span: 60_000 }, 100_000, 2, 70_000)).toEqual({
    kind: "fixed",
    from: -20_000,
    to: 100_000,
  });
});

test("moving keeps the span, and ends at the present", () => {
  const range = { kind: "fixed", from: 0, to: 1_000 } as const;
  expect(movedBy(range, 5_000, -300)).toEqual({ kind: "fixed", from: -300, to: 700 });
  expect(movedBy(range, 5_000, 9_000)).toEqual({ kind: "fixed", from: 4_000, to: 5_000 });
  expect(movedBy({ kind: "live", span: 1_000 }, 5_000, 9_000)).toMatchObject({ from: 4_000, to: 5_000 });
});

test("a span that no chart shows says why", () => {
  expect(spanTrouble(0, 24 * 3_600_000)).toBe("");
  expect(spanTrouble(0, 24 * 3_600_000 + 1)).toBe("A chart shows 24 h at most.");
  expect(spanTrouble(5, 5)).toBe("A chart shows 10 ms at least.");
});
