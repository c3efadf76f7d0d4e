const AROUND = 0.08;

const MOST_TICKS = 50;

/** Larger doubles may have differences that are not finite. */
export const DRAWABLE = Number.MAX_VALUE / 8;

/** What the y axis spans so that values from `min` to `max` fill the chart with some air around them. */
export function valueRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const low = clamp(min);
  const high = clamp(max);
  if (high > low) {
    const air = (high - low) * AROUND;
    // Values that never fall below zero do not look as if they could.
    return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
  }
  return low === 0 ? [-1, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
}

// A range that is so much wider than what is to be seen is given up.
const TOO_WIDE = 1.5;

/**
 * The same, but the range of before for as long as all values are in it and fill most of it: a scale that moves with
 * each reading cannot be read.
 */
export function steadyRange(
  before: [number, number] | undefined,
  min: number | null,
  max: number | null,
): [number, number] {
  const wanted = valueRange(min, max);
  if (before === undefined || min === null || max === null) return wanted;
  const holds = before[0] <= clamp(min) && clamp(max) <= before[1];
  return holds && before[1] - before[0] <= TOO_WIDE * (wanted[1] - wanted[0]) ? before : wanted;
}

/** What the x axis spans: whole milliseconds, because its ticks are placed from there and labelled by what is whole. */
export function timeRange(from: number, to: number): { min: number; max: number } {
  const min = Math.round(from);
  return { min, max: Math.max(min + 1, Math.round(to)) };
}

/**
 * Round numbers between `min` and `max`, some `wanted` of them, at any magnitude. No two are the same: there are fewer
 * where doubles are further apart.
 */
export function ticks(min: number, max: number, wanted: number): number[] {
  const step = roundStep((max - min) / Math.max(1, wanted));
  if (!(step > 0)) return [];
  // As many digits as tell one step from the next; more would show what binary fractions add.
  const size = Math.max(Math.abs(min), Math.abs(max));
  const digits = Math.min(17, Math.max(12, Math.ceil(Math.log10(size / step)) + 2));
  const found = new Set<number>();
  const first = Math.ceil(min / step);
  for (let count = 0; count < MOST_TICKS && (first + count) * step <= max; count += 1) {
    found.add(Number(((first + count) * step).toPrecision(digits)));
  }
  return [...found];
}

function roundStep(step: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(step));
  const part = step / magnitude;
  if (part <= 1) return magnitude;
  if (part <= 2) return 2 * magnitude;
  return part <= 5 ? 5 * magnitude : 10 * magnitude;
}

function clamp(value: number): number {
  return Math.min(DRAWABLE, Math.max(-DRAWABLE, value));
}
