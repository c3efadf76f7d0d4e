import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { parseSpan, type SpanEntry, spanText } from "./time_entry";

const HOUR = 3_600_000;
beforeEach(() => void vi.stubEnv("TZ", "Europe/Berlin"));

afterEach(() => void vi.unstubAllEnvs());

const at = (text: string) => new Date(text).getTime();

/** A Friday in November, in Berlin. */
const NOON = "2026-11-27T12:00:00+01:00";

/** The span in UTC; what goes on has a `…`. */
function read(text: string, now = NOON): string {
  return said(parseSpan(text, at(now), "local"));
}

function said(entry: SpanEntry): string {
  if (!entry.ok) return entry.why;
  const short = (time: number) => new Date(time).toISOString().replace(/:00\.000Z$/, "Z");
  return `${short(entry.from.time)} ${entry.to ? short(entry.to.time) : "…"}`;
}

test.each([
  ["10:20-10:40", "2026-11-27T09:20Z 2026-11-27T09:40Z"],
  ["10:20 – 10:40", "2026-11-27T09:20Z 2026-11-27T09:40Z"],
  ["10:20..10:40", "2026-11-27T09:20Z 2026-11-27T09:40Z"],
  ["  10:20 to 10:40 ", "2026-11-27T09:20Z 2026-11-27T09:40Z"],
  ["9:05-9:05:30.250", "2026-11-27T08:05Z 2026-11-27T08:05:30.250Z"],
  ["10:20", "2026-11-27T09:20Z …"],
  ["10:20-", "2026-11-27T09:20Z …"],
  ["10:20 - now", "2026-11-27T09:20Z 2026-11-27T11:00Z"],
  ["2026-11-26 18:00", "2026-11-26T17:00Z …"],
  ["2026-11-26 18:00-19:30", "2026-11-26T17:00Z 2026-11-26T18:30Z"],
  ["2026-11-25 18:00 - 2026-11-26 06:00", "2026-11-25T17:00Z 2026-11-26T05:00Z"],
  ["2026-11-26T18:00:00Z", "2026-11-26T18:00Z …"],
  ["2026-11-26T18:00:00-05:00", "2026-11-26T23:00Z …"],
  ["2026-11-26T18:00Z/2026-11-26T19:00+00:00", "2026-11-26T18:00Z 2026-11-26T19:00Z"],
  ["2026-11-26 18:00Z", "2026-11-26T18:00Z …"],
  ["2026-11-26", "2026-11-25T23:00Z 2026-11-26T23:00Z"],
  ["2026-11-24-2026-11-25", "2026-11-23T23:00Z 2026-11-25T23:00Z"],
  ["yesterday", "2026-11-25T23:00Z 2026-11-26T23:00Z"],
  ["yesterday 10:00", "2026-11-26T09:00Z …"],
  ["yesterday 10:00-11:00", "2026-11-26T09:00Z 2026-11-26T10:00Z"],
  ["yesterday 22:00 - today 2:00", "2026-11-26T21:00Z 2026-11-27T01:00Z"],
  ["23:00-24:00", "2026-11-26T22:00Z 2026-11-26T23:00Z"],
  ["-15m", "2026-11-27T10:45Z …"],
  ["-1h30m", "2026-11-27T09:30Z …"],
  ["- 1 h 30 min", "2026-11-27T09:30Z …"],
  ["now-2h to now-1h", "2026-11-27T09:00Z 2026-11-27T10:00Z"],
  ["-2h--1h", "2026-11-27T09:00Z 2026-11-27T10:00Z"],
  ["-2h - 11:15", "2026-11-27T09:00Z 2026-11-27T10:15Z"],
  ["-1d", "2026-11-26T11:00Z …"],
  ["@1764237600", "2025-11-27T10:00Z …"],
  ["NOW", "2026-11-27T11:00Z …"],
])("at noon in Berlin, %j is %s", (text, expected) => {
  expect(read(text)).toBe(expected);
});

test("a time of day that is still to come was yesterday's", () => {
  expect(read("13:00")).toBe("2026-11-26T12:00Z …");
  expect(read("13:00-14:00")).toBe("2026-11-26T12:00Z 2026-11-26T13:00Z");
  expect(read("11:30-12:30")).toBe("2026-11-27T10:30Z 2026-11-27T11:30Z"); // only its end is
});

test("a span of times of day goes over midnight", () => {
  expect(read("23:50-00:10", "2026-11-27T00:15:00+01:00")).toBe("2026-11-26T22:50Z 2026-11-26T23:10Z");
  expect(read("22:00-06:00")).toBe("2026-11-26T21:00Z 2026-11-27T05:00Z");
  expect(read("2026-11-20 22:00 - 6:00")).toBe("2026-11-20T21:00Z 2026-11-21T05:00Z");
});

test("what begins in the future is not a span to look at, one that ends there is", () => {
  for (const text of ["2026-11-28", "2026-11-27 12:01", "2026-12-01 10:00 - 11:00"]) {
    expect(read(text)).toBe("The beginning is still to come.");
  }
  expect(read("today")).toBe("2026-11-26T23:00Z 2026-11-27T23:00Z");
  expect(read("now - 2026-11-28 00:00")).toBe("2026-11-27T11:00Z 2026-11-27T23:00Z");
});

test("an end that is not after the beginning is said, not turned around", () => {
  for (const text of ["10:40-10:20", "10:20-10:20", "-5m - -15m", "now - -5m", "2026-11-26 - 2026-11-24"]) {
    expect(read(text)).toMatch(/^The end, .*, is not after the beginning, /);
  }
});

test("what is not a time says what would be one", () => {
  for (const text of [
    "",
    "foo",
    "25:00",
    "10:60",
    "2026-02-30",
    "2026-13-01",
    "10:20-foo",
    "-15",
    "-5x",
    "-",
  ]) {
    expect(read(text)).toBe(
      `“${text}” is not a time. Examples: 10:20-10:40, 2026-11-27 18:00, -15m, now, yesterday 10:00.`,
    );
  }
});

test("an offset that there is not is an end", () => {
  expect(read("2026-11-26T18:00-19:00")).toBe("2026-11-26T17:00Z 2026-11-26T18:00Z");
  expect(read("2026-11-26 18:00+02:00")).toMatch(/is not a time/);
});

test("a day has 23 or 25 hours where the clocks change", () => {
  const day = (text: string) => {
    const entry = parseSpan(text, at(NOON), "local");
    return entry.ok && entry.to ? (entry.to.time - entry.from.time) / HOUR : undefined;
  };
  expect(day("2026-03-29")).toBe(23);
  expect(day("2026-10-25")).toBe(25);
  expect(day("2026-10-26")).toBe(24);
  expect(read("yesterday", "2026-03-30T00:30:00+02:00")).toBe("2026-03-28T23:00Z 2026-03-29T22:00Z");
});

test("a time that the clocks skip is an hour later, and one that comes twice is the first", () => {
  expect(read("2026-03-29 02:30")).toBe("2026-03-29T01:30Z …");
  expect(read("2026-10-25 02:30")).toBe("2026-10-25T00:30Z …");
  expect(read("2026-10-25 01:30-03:30")).toBe("2026-10-24T23:30Z 2026-10-25T02:30Z");
  expect(read("-1h", "2026-10-25T02:30:00+01:00")).toBe("2026-10-25T00:30Z …");
});

test("in UTC a time is one of UTC", () => {
  expect(said(parseSpan("10:20-10:40", at(NOON), "utc"))).toBe("2026-11-27T10:20Z 2026-11-27T10:40Z");
  expect(said(parseSpan("11:30", at(NOON), "utc"))).toBe("2026-11-26T11:30Z …"); // it is 11:00
});

test("in an address a time is one for ever, and what is said of now stays so", () => {
  const entry = parseSpan("-1 H 30 m to now", at(NOON), "local");
  expect(entry).toMatchObject({ from: { param: "-90m" }, to: { param: "now" } });
  expect(parseSpan("10:20", at(NOON), "local")).toMatchObject({
    from: { param: String(at("2026-11-27T10:20:00+01:00")) },
  });
});

test.each([
  ["10:20-10:40", "10:20 – 10:40"],
  ["10:20:30", "10:20:30"],
  ["10:20:30.250-10:40", "10:20:30.250 – 10:40"],
  ["13:00-14:00", "2026-11-26 13:00 – 14:00"],
  ["22:00-06:00", "2026-11-26 22:00 – 2026-11-27 06:00"],
  ["-15m", "-15m"],
  ["-2h - -1h", "-2h – -1h"],
  ["-2h - 11:15", "-2h – 2026-11-27 11:15"],
  ["10:20 - now", "10:20 – now"],
  ["2026-11-26", "2026-11-26 00:00 – 2026-11-27 00:00"],
  ["11:30-12:30", "11:30 – 12:30"],
])("%j stands in the field as %j, and is read the same again", (typed, text) => {
  const now = at(NOON);
  for (const zone of ["local", "utc"] as const) {
    const entry = parseSpan(typed, now, zone);
    if (!entry.ok) throw new Error(entry.why);
    const shown = spanText(entry.from.param, entry.to?.param ?? "", now, zone);
    expect(parseSpan(shown, now, zone)).toEqual(entry);
    if (zone === "local") expect(shown).toBe(text);
  }
});
