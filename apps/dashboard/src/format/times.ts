import type { Zone } from "./zone";

let zone: Zone = "local";
let clock = clockFormat();
let day = dayFormat();

/** The zone of all times that are formatted from now on. */
export function showTimesIn(wanted: Zone): void {
  if (wanted === zone) return;
  zone = wanted;
  clock = clockFormat();
  day = dayFormat();
}

export function shownZone(): Zone {
  return zone;
}

/** What a clock of the shown zone is ahead of UTC at a time: "UTC+05:30". */
export function zoneLabel(now: number): string {
  const minutes = zone === "utc" ? 0 : -new Date(now).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const digits = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `UTC${minutes < 0 ? "−" : "+"}${digits(size / 60)}:${digits(size % 60)}`;
}

function clockFormat(): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    ...inZone(),
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

function dayFormat(): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-CA", { ...inZone(), year: "numeric", month: "2-digit", day: "2-digit" });
}

function inZone(): Intl.DateTimeFormatOptions {
  return zone === "utc" ? { timeZone: "UTC" } : {};
}

/** A span of time in its two largest units: "250 ms", "1 s", "1 min 30 s", "2 h". */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 1) return `${trim(milliseconds * 1e3)} µs`;
  if (milliseconds < 1_000) return `${trim(milliseconds)} ms`;
  if (milliseconds < 10_000) return `${trim(milliseconds / 1e3)} s`;
  const seconds = Math.round(milliseconds / 1e3);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return two(hours, "h", minutes % 60, "min");
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** How long ago a time was: "2 min 5 s ago"; of what is to come: "in 3 s". */
export function formatAgo(time: number, now: number): string {
  const span = now - time;
  if (Math.abs(span) < 1_000) return "now";
  return span > 0 ? `${formatSpan(span)} ago` : `in ${formatSpan(-span)}`;
}

/** 12:03:04, with the day in front when it is not today's. */
export function formatClock(time: number, now: number): string {
  const text = clock.format(time);
  return day.format(time) === day.format(now) ? text : `${day.format(time)} ${text}`;
}

/** To the millisecond, and below it as far as the reading goes: 12:03:04.250. */
export function formatExactTime(time: number, now: number): string {
  // Rounded: a double holds microseconds of these years, but not exactly.
  const whole = Math.round(time * 1e3);
  const microseconds = whole - Math.floor(whole / 1e6) * 1e6;
  const fraction = String(microseconds).padStart(6, "0").replace(/000$/, "");
  return `${formatClock(Math.floor(whole / 1e3), now)}.${fraction}`;
}

/** From one time to another: the day is said where it is not today's, or where it changes. */
export function formatRange(from: number, to: number, now: number): string {
  const isOneDay = day.format(from) === day.format(to);
  if (isOneDay) return `${formatClock(from, now)} – ${clock.format(to)}`;
  return `${day.format(from)} ${clock.format(from)} – ${day.format(to)} ${clock.format(to)}`;
}

const MINUTES_FROM = 10 * 60_000;

/** The labels of a time axis, for ticks `step` apart: the day stands in a second line where it begins. */
export function axisLabels(times: readonly number[], now: number): string[] {
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  const areMinutes = (times.at(-1) ?? 0) - (times[0] ?? 0) >= MINUTES_FROM && step >= 60_000;
  const today = day.format(now);
  let last = today;
  return times.map((time, index) => {
    const text = areMinutes ? clock.format(time).slice(0, 5) : axisClock(time, step);
    const date = day.format(time);
    const isNew = date !== last || (index === 0 && date !== today);
    last = date;
    return isNew ? `${text}\n${date}` : text;
  });
}

function axisClock(time: number, step: number): string {
  const text = clock.format(time);
  if (!(step > 0 && step < 1_000)) return text;
  return `${text}.${String(Math.round(time) % 1_000).padStart(3, "0")}`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
