import { expect, test } from "vitest";

import { formatClock, formatExactTime, formatSpan } from "./times";

test.each([
  [0.25, "250 µs"],
  [50, "50 ms"],
  [1_000, "1 s"],
  [1_500, "1.5 s"],
  [59_999, "1 min"],
  [90_000, "1 min 30 s"],
  [3_600_000, "1 h"],
  [5_400_000, "1 h 30 min"],
  [90_000_000, "1 d 1 h"],
])("%d ms are %s", (span, text) => {
  expect(formatSpan(span)).toBe(text);
});

const noon = new Date(2026, 10, 25, 12, 3, 4).getTime();

test("the day is said when it is not today's", () => {
  expect(formatClock(noon, noon + 1_000)).toBe("12:03:04");
  expect(formatClock(noon, noon + 86_400_000)).toBe("2026-11-25 12:03:04");
});

test("an exact time has as many digits as the reading", () => {
  expect(formatExactTime(noon + 250, noon)).toBe("12:03:04.250");
  expect(formatExactTime(noon + 0.125, noon)).toBe("12:03:04.000125");
  expect(formatExactTime(noon + 999.9996, noon)).toBe("12:03:04.999999");
});
