import { expect, test } from "vitest";

import { NO_LIMITS } from "../data/limits";
import { zonesOf } from "./limits";

test("an amber zone ends where the red one begins, and without a red one nowhere", () => {
  expect(zonesOf({ warnAbove: 70, above: 90, warnBelow: 20, below: 10 })).toEqual([
    { level: "warn", limit: 70, low: 70, high: 90 },
    { level: "bad", limit: 90, low: 90, high: Infinity },
    { level: "warn", limit: 20, low: 10, high: 20 },
    { level: "bad", limit: 10, low: -Infinity, high: 10 },
  ]);
  expect(zonesOf({ ...NO_LIMITS, warnAbove: 5 })).toEqual([
    { level: "warn", limit: 5, low: 5, high: Infinity },
  ]);
  expect(zonesOf(NO_LIMITS)).toEqual([]);
});

test("an amber limit beyond the red one has no zone", () => {
  expect(zonesOf({ ...NO_LIMITS, warnAbove: 95, above: 90 }).map(({ level }) => level)).toEqual(["bad"]);
});
