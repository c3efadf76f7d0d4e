import { expect, test } from "vitest";

import { eventSpan, timeOfParam } from "./time_param";

const NOW = Date.UTC(2026, 10, 27, 12);

test.each([
  ["1795780800000", 1_795_780_800_000],
  ["now", NOW],
  ["-15m", NOW - 900_000],
  ["-250ms", NOW - 250],
  ["2026-11-27T10:20:00Z", Date.UTC(2026, 10, 27, 10, 20)],
  ["2026-11-27T10:20:00.5+01:00", Date.UTC(2026, 10, 27, 9, 20, 0, 500)],
  ["10:20", Number.NaN],
  ["2026-11-27", Number.NaN],
  ["-15", Number.NaN],
  ["", Number.NaN],
])("%j in an address is the time %d", (text, time) => {
  expect(timeOfParam(text, NOW)).toBe(time);
});

test("the hub is asked from the beginning on, and the end is kept", () => {
  expect(eventSpan("-1h", "now", NOW)).toEqual({ since: "2026-11-27T11:00:00.000Z", until: NOW });
  expect(eventSpan("-1h", "", NOW)).toEqual({ since: "2026-11-27T11:00:00.000Z", until: undefined });
  expect(eventSpan("", "-1h", NOW)).toEqual({ since: "", until: NOW - 3_600_000 });
  expect(eventSpan("", "", NOW)).toEqual({ since: "", until: undefined });
});

test.each([
  ["foo", ""],
  ["", "foo"],
  ["-1h", "-2h"],
  ["now", "now"],
  ["99999999999999999", ""],
])("%j to %j is not a span", (from, to) => {
  expect(eventSpan(from, to, NOW)).toBeUndefined();
});
