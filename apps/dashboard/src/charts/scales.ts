const AROUND = 0.08;

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

/** What the x axis spans: whole milliseconds, because its ticks are placed from there and labelled by what is whole. */
export function timeRange(from: number, to: number): { min: number; max: number } {
  const min = Math.round(from);
  return { min, max: Math.max(min + 1, Math.round(to)) };
}

/** Round numbers between `min` and `max`, some `wanted` of them, at any magnitude. */
export function ticks(min: number, max: number, wanted: number): number[] {
  const step = roundStep((max - min) / Math.max(1, wanted));
  if (!(step > 0)) return [];
  const found: number[] = [];
  for (let index = Math.ceil(min / step); index * step <= max && found.length < 50; index += 1) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
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
