import { afterEach, expect, test, vi } from "vitest";

import {
  axisLabels,
  formatAgo,
  formatClock,
  formatExactTime,
  formatRange,
  formatSpan,
  shownZone,
  showTimesIn,
  zoneLabel,
} from "./times";

afterEach(() => {
  vi.unstubAllEnvs();
  showTimesIn("utc");
  showTimesIn("local");
});

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
  expect(formatExactTime(noon + 999.9996, noon)).toBe("12:03:05.000");
  for (const micro of [986_400, 29_400, 999_999, 1]) {
    const digits = String(micro).padStart(6, "0").replace(/000$/, "");
    expect(formatExactTime(noon + micro / 1_000, noon)).toBe(`12:03:04.${digits}`);
  }
});

test("it is said how long ago something was", () => {
  expect([0, 999, 3_000, 125_000, -2_000].map((span) => formatAgo(noon - span, noon))).toEqual([
    ...["now", "now", "3 s ago", "2 min 5 s ago", "in 2 s"],
  ]);
});

test("a range says the day where it changes", () => {
  const midnight = new Date(2026, 10, 26).getTime();
  expect(formatRange(midnight - 1_000, midnight + 1_000, noon)).toBe(
    "2026-11-25 23:59:59 – 2026-11-26 00:00:01",
  );
  expect(formatRange(noon, noon + 1_000, noon)).toBe("12:03:04 – 12:03:05");
});

test("an axis says minutes when it is long, and the day once, where it begins", () => {
  const midnight = new Date(2026, 10, 26).getTime();
  const hours = [-2, -1, 0, 1].map((hour) => midnight + hour * 3_600_000);
  expect(axisLabels(hours, midnight)).toEqual(["22:00\n2026-11-25", "23:00", "00:00\n2026-11-26", "01:00"]);
  expect(axisLabels([noon, noon + 5_000], noon)).toEqual(["12:03:04", "12:03:09"]);
  expect(axisLabels([noon, noon + 500], noon)).toEqual(["12:03:04.000", "12:03:04.500"]);
});

test("times are shown in UTC when that is wanted, and in local time again", () => {
  vi.stubEnv("TZ", "Asia/Kolkata");
  showTimesIn("utc");
  const time = Date.UTC(2026, 10, 25, 20, 0);
  expect(shownZone()).toBe("utc");
  expect(formatClock(time, time)).toBe("20:00:00");
  expect(zoneLabel(time)).toBe("UTC");
  showTimesIn("local");
  expect(formatClock(time, time)).toBe("01:30:00");
  expect(zoneLabel(time)).toBe("UTC+05:30");
  vi.stubEnv("TZ", "America/St_Johns");
  expect(zoneLabel(time)).toBe("UTC−03:30");
});
