import { type Day, dayAfter, dayOf, lastTimeOf, timeOn, type Zone } from "./zone";

/** One end of a span. */
export interface Edge {
  /** In milliseconds since 1970. */
  time: number;
  /** As it stands in an address: the time, or what it is to the time at which it is read (`now`, `-15m`). */
  param: string;
}

/** Without an end it goes on. */
export type SpanEntry = { ok: true; from: Edge; to: Edge | undefined } | { ok: false; why: string };

export const EXAMPLES = "10:20-10:40, 2026-11-27 18:00, -15m, now, yesterday 10:00";

// A span of times of day whose end is before its beginning goes over midnight, unless it was mistyped.
const LONGEST_NIGHT = 12 * 3_600_000;

const DAY_MS = 24 * 3_600_000;

/**
 * A span of time as people write it: `10:20-10:40`, `-15m`, `2026-11-27 18:00 to now`. A day alone is all of it; a time
 * alone has no end. A time of day that is still to come was yesterday's, and an end without a day is on the day of the
 * beginning.
 */
export function parseSpan(text: string, now: number, zone: Zone): SpanEntry {
  const entry = readSpan(text.trim(), now, zone);
  if (!entry.ok || entry.from.time <= now) return entry;
  return { ok: false, why: "The beginning is still to come." };
}

function readSpan(typed: string, now: number, zone: Zone): SpanEntry {
  const only = parseMoment(typed, now, zone);
  if (only) {
    const end = only.day && edge(timeOn(dayAfter(only.day, 1), 0, zone));
    return { ok: true, from: only.edge, to: end };
  }
  for (const separator of typed.matchAll(SEPARATOR)) {
    const first = typed.slice(0, separator.index).trim();
    const second = typed.slice(separator.index + separator[0].length).trim();
    const from = parseMoment(first, now, zone);
    if (!from) continue;
    if (second === "") return { ok: true, from: from.edge, to: undefined };
    const to = parseEnd(second, from, now, zone);
    if (!to) continue;
    if (to.time > from.edge.time) return { ok: true, from: from.edge, to };
    return { ok: false, why: `The end, ${second}, is not after the beginning, ${first}.` };
  }
  return { ok: false, why: `“${typed}” is not a time. Examples: ${EXAMPLES}.` };
}

// Each place where a text may be divided: the dashes of dates and of `-15m` are tried, too.
const SEPARATOR = /\s+(?:to|until)(?=\s)|\s*(?:\.{2,3}|[…–—/-])/g;

interface Moment {
  edge: Edge;
  /** It is a time of day, which may be meant on another day. */
  isClock: boolean;
  /** It is a day alone. */
  day?: Day;
}

function parseEnd(text: string, from: Moment, now: number, zone: Zone): Edge | undefined {
  const to = parseMoment(text, now, zone);
  if (!to) return undefined;
  if (to.day) return edge(timeOn(dayAfter(to.day, 1), 0, zone));
  const ofDay = to.isClock ? clockOf(text) : undefined;
  if (ofDay === undefined) return to.edge;
  const day = dayOf(from.edge.time, zone);
  const end = timeOn(day, ofDay, zone);
  if (end > from.edge.time) return edge(end);
  const next = timeOn(dayAfter(day, 1), ofDay, zone);
  return edge(next - from.edge.time <= LONGEST_NIGHT ? next : end);
}

const AGO = /^(?:now\s*)?-\s*((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)$/i;
const EPOCH = /^@(\d{1,11}(?:\.\d+)?)$/;
const DATED = /^(\d{4}-\d{2}-\d{2}|yesterday|today)(?:(\s+|T)(.+?))?\s*(Z|[+-]\d{2}:\d{2})?$/i;

/** A single time; undefined for anything else. */
function parseMoment(text: string, now: number, zone: Zone): Moment | undefined {
  if (/^now$/i.test(text)) return { edge: { time: now, param: "now" }, isClock: false };
  const ago = AGO.exec(text)?.[1];
  const span = ago === undefined ? undefined : spanOf(ago);
  if (span !== undefined) return { edge: { time: now - span, param: `-${spanParam(span)}` }, isClock: false };
  const epoch = EPOCH.exec(text)?.[1];
  if (epoch !== undefined) return { edge: edge(Math.round(Number(epoch) * 1_000)), isClock: false };
  const ofDay = clockOf(text);
  if (ofDay !== undefined) return { edge: edge(lastTimeOf(ofDay, now, zone)), isClock: true };
  return parseDated(text, now, zone);
}

function parseDated(text: string, now: number, zone: Zone): Moment | undefined {
  const [, date = "", between = "", clock, offset] = DATED.exec(text) ?? [];
  const day = dateOf(date.toLowerCase(), now, zone);
  if (!day) return undefined;
  if (clock === undefined) {
    return offset === undefined ? { edge: edge(timeOn(day, 0, zone)), isClock: false, day } : undefined;
  }
  const ofDay = clockOf(clock);
  if (ofDay === undefined) return undefined;
  if (offset === undefined) return { edge: edge(timeOn(day, ofDay, zone)), isClock: false };
  const minutes = offsetOf(offset);
  // "2026-11-27 18:00-19:00" is a span. Only a T makes it a time of RFC 3339, with an offset that there is.
  if (minutes === undefined || (minutes !== 0 && between.toUpperCase() !== "T")) return undefined;
  return { edge: edge(timeOn(day, ofDay, "utc") - minutes * 60_000), isClock: false };
}

function dateOf(text: string, now: number, zone: Zone): Day | undefined {
  if (text === "today") return dayOf(now, zone);
  if (text === "yesterday") return dayAfter(dayOf(now, zone), -1);
  const [year = Number.NaN, month = Number.NaN, day = Number.NaN] = text.split("-").map(Number);
  const found = { year, month, day };
  // The 30th of February would be the 2nd of March.
  const real = dayAfter(found, 0);
  return real.year === year && real.month === month && real.day === day ? found : undefined;
}

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/;

/** Milliseconds of the day; undefined for what is not a time of day. 24:00 is the end of it. */
function clockOf(text: string): number | undefined {
  const parts = CLOCK.exec(text);
  if (!parts) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1, 4).map((part?: string) => Number(part ?? 0));
  if (minutes > 59 || seconds > 59) return undefined;
  const fraction = Math.floor(Number(`0.${parts[4] ?? "0"}`) * 1_000);
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + fraction;
  return ofDay <= DAY_MS ? ofDay : undefined;
}

/** In minutes east of Greenwich; undefined for more than there are. */
function offsetOf(text: string): number | undefined {
  if (/^Z$/i.test(text)) return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6));
  const signed = text.startsWith("-") ? -minutes : minutes;
  return signed >= -12 * 60 && signed <= 14 * 60 ? signed : undefined;
}

const UNITS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
};

/** `1h 30min` in milliseconds; undefined for other units. */
function spanOf(text: string): number | undefined {
  let length = 0;
  for (const [, count = "", unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    length += Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  }
  return Number.isFinite(length) ? Math.round(length) : undefined;
}

/** In the largest unit that it is a multiple of. */
function spanParam(length: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => length % (UNITS[name] ?? 1) === 0) ?? "ms";
  return `${length / (UNITS[unit] ?? 1)}${unit}`;
}

function edge(time: number): Edge {
  return { time, param: String(time) };
}

/** As parseSpan() reads it, for a field: `from` and `to` as in an address; `to` empty: it goes on. */
export function spanText(from: string, to: string, now: number, zone: Zone): string {
  const begin = momentText(from, now, now, zone);
  if (to === "") return begin;
  // An end on the day of the beginning says its time alone.
  const near = /^\d+$/.test(from) ? Number(from) : Number.NaN;
  return `${begin} – ${momentText(to, near, Number.POSITIVE_INFINITY, zone)}`;
}

/** The day is said where it is not that of `near`, or the time is after `latest`. */
function momentText(param: string, near: number, latest: number, zone: Zone): string {
  if (!/^\d+$/.test(param)) return param;
  const time = Number(param);
  const local = zone === "utc" ? 0 : new Date(time).getTimezoneOffset() * 60_000;
  const [date = "", clock = ""] = new Date(time - local).toISOString().slice(0, -1).split("T");
  const short = clock.replace(/\.000$/, "").replace(/^(\d\d:\d\d):00$/, "$1");
  const isNear =
    !Number.isNaN(near) && JSON.stringify(dayOf(time, zone)) === JSON.stringify(dayOf(near, zone));
  return isNear && time <= latest ? short : `${date} ${short}`;
}
