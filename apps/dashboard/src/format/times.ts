const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });

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

/** 12:03:04, with the day in front when it is not today's. */
export function formatClock(time: number, now: number): string {
  const text = clock.format(time);
  return day.format(time) === day.format(now) ? text : `${day.format(time)} ${text}`;
}

/** To the millisecond, and below it as far as the reading goes: 12:03:04.250. */
export function formatExactTime(time: number, now: number): string {
  const microseconds = Math.floor((time - Math.floor(time / 1e3) * 1e3) * 1e3);
  const fraction = String(microseconds).padStart(6, "0").replace(/000$/, "");
  return `${formatClock(time, now)}.${fraction}`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
