/** In which zone times are shown and typed: that of this machine, or UTC. */
export type Zone = "local" | "utc";

/** The day that a time is on, counted as people do: months from 1. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

export function dayOf(time: number, zone: Zone): Day {
  const date = new Date(time);
  return zone === "utc"
    ? { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
    : { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() };
}

/**
 * A time of day, in milliseconds of a clock that never changes its zone. Where the clock is put forward, a time that it
 * skips is as much later; where it is put back, a time that comes twice is the first of them. A day, or a time of day,
 * beyond its range goes on into the next.
 */
export function timeOn({ year, month, day }: Day, ofDay: number, zone: Zone): number {
  return zone === "utc"
    ? Date.UTC(year, month - 1, day, 0, 0, 0, ofDay)
    : new Date(
        year,
        month - 1,
        day,
        Math.floor(ofDay / 3_600_000),
        Math.floor(ofDay / 60_000) % 60,
        Math.floor(ofDay / 1_000) % 60,
        ofDay % 1_000,
      ).getTime();
}

/** The last time that it was this time of day: today's, or yesterday's when that is still to come. */
export function lastTimeOf(ofDay: number, now: number, zone: Zone): number {
  const today = dayOf(now, zone);
  const time = timeOn(today, ofDay, zone);
  return time > now ? timeOn(dayAfter(today, -1), ofDay, zone) : time;
}

/** So many days later, or earlier. */
export function dayAfter(from: Day, days: number): Day {
  return dayOf(Date.UTC(from.year, from.month - 1, from.day + days), "utc");
}
