import type { Points } from "../data/series";

/** A line through at most four points of each column of pixels: what it looks like stays the same. */
export interface Column {
  x: number;
  first: number;
  low: number;
  high: number;
  last: number;
  /** There is a hole in front of it: the line begins here. */
  isBegin: boolean;
}

/**
 * The columns of a line from `from` to `to`, with the readings next to both ends. `x` places a time, `gap` is how far
 * apart two readings may be that are joined.
 */
export function columns(
  { times, values }: Points,
  from: number,
  to: number,
  gap: number,
  x: (time: number) => number,
): Column[] {
  const found: Column[] = [];
  let last: Column | undefined;
  let before = Number.NaN;
  for (let index = Math.max(0, firstAt(times, from) - 1); index < times.length; index += 1) {
    const time = times[index] ?? 0;
    const value = values[index] ?? 0;
    const at = Math.round(x(time));
    const isBegin = !(time - before <= gap);
    if (last && last.x === at && !isBegin) {
      last.low = Math.min(last.low, value);
      last.high = Math.max(last.high, value);
      last.last = value;
    } else {
      last = { x: at, first: value, low: value, high: value, last: value, isBegin };
      found.push(last);
    }
    before = time;
    if (time > to) break;
  }
  return found;
}

/** The index of the reading that is nearest to a time; -1 when there is none. */
export function nearest({ times }: Points, time: number): number {
  if (times.length === 0) return -1;
  const after = firstAt(times, time);
  if (after === 0) return 0;
  if (after === times.length) return after - 1;
  return (times[after] ?? 0) - time < time - (times[after - 1] ?? 0) ? after : after - 1;
}

/** The smallest and largest value from `from` to `to`; undefined when there are none. */
export function extent({ times, values }: Points, from: number, to: number): [number, number] | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let index = firstAt(times, from); index < times.length && (times[index] ?? 0) <= to; index += 1) {
    min = Math.min(min, values[index] ?? min);
    max = Math.max(max, values[index] ?? max);
  }
  return min <= max ? [min, max] : undefined;
}

function firstAt(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
