import { expect, test } from "vitest";

import { cardLayout, rowLayout } from "./card_layout";
import { gridPart } from "./virtual_grid";

const laptop = { width: 1_250, height: 640, rem: 15 };
const wall = { width: 3_800, height: 1_950, rem: 22 };

test("many cards have the least size, and as many columns as fit", () => {
  expect(cardLayout(500, laptop)).toMatchObject({ columns: 4, rowHeight: 180 });
});

test.each([1, 2, 5, 12, 19])("%i cards fill a wall screen without scrolling", (count) => {
  const { columns, rowHeight, gap } = cardLayout(count, wall);
  const rows = Math.ceil(count / columns);
  expect(rows * (rowHeight + gap) - gap).toBeLessThanOrEqual(wall.height);
  expect(rowHeight).toBeGreaterThan(12 * wall.rem);
});

test("a phone has one column, and a grid without room has one, too", () => {
  expect(cardLayout(20, { width: 336, height: 500, rem: 15 }).columns).toBe(1);
  expect(cardLayout(20, { width: 0, height: -10, rem: 15 }).columns).toBe(1);
});

test("a laptop shows more than fifty rows of one line, a phone has one column of them", () => {
  const { columns, rowHeight, gap } = rowLayout({ width: 1_408, height: 0, rem: 15.46 });
  expect(columns * Math.floor(735 / (rowHeight + gap))).toBeGreaterThan(50);
  expect(rowLayout({ width: 336, height: 0, rem: 15 }).columns).toBe(1);
});

test("cards say whether all of them fit, and whether they have room for axes", () => {
  expect(cardLayout(500, laptop)).toMatchObject({ isWhole: false, isLarge: false });
  expect(cardLayout(12, laptop)).toMatchObject({ isWhole: true, isLarge: false });
  expect(cardLayout(5, wall)).toMatchObject({ isWhole: true, isLarge: true });
});

const layout = { columns: 4, rowHeight: 180, gap: 12, isWhole: false, isLarge: false };

test("ten thousand cards are rendered as far as they can be seen, and a little further", () => {
  const top = gridPart(10_000, layout, 100, 800);
  expect(top).toMatchObject({ first: 0, above: 0 });
  expect(top.last).toBeLessThanOrEqual(4 * 7);
  const deep = gridPart(10_000, layout, -192 * 1_000, 800);
  expect(deep.first).toBe(998 * 4);
  expect(deep.last - deep.first).toBeLessThanOrEqual(4 * 10);
  expect(deep.above + deep.below + ((deep.last - deep.first) / 4) * 192).toBe(2_500 * 192);
});

test("the last row may be short, and nothing is rendered beyond it", () => {
  expect(gridPart(10, layout, 0, 800)).toMatchObject({ first: 0, last: 10, below: 0 });
  expect(gridPart(10, layout, -100_000, 800)).toMatchObject({ first: 10, last: 10 });
  expect(gridPart(0, layout, 0, 800)).toMatchObject({ first: 0, last: 0, above: 0, below: 0 });
});
