import { formatValue } from "./numbers";
import { visible } from "./texts";

// What a name ends with says what is measured, as Prometheus and OpenTelemetry have it.
const UNITS: readonly [RegExp, string][] = [
  [/bytes?([ ._]per[ ._]sec(ond)?s?|\/s)$/i, "B/s"],
  [/(^|[._ /])bytes?$/i, "B"],
  [/bytes([._]total)?$/i, "B"],
  [/(^|[._ /])(milliseconds|millis|ms)$/i, "ms"],
  [/(^|[._ /])(microseconds|micros|us)$/i, "µs"],
  [/(^|[._ /])(seconds|secs?)([._]total)?$/i, "s"],
  [/(^|[._ /])(percent|pct)$/i, "%"],
  [/(^|[._ /])celsius$/i, "°C"],
  [/(^|[._ /])(hertz|hz)$/i, "Hz"],
  [/(^|[._ /])watts?$/i, "W"],
  [/(^|[._ /])volts?$/i, "V"],
  [/(^|[._ /])amperes?$/i, "A"],
];

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** What a metric is measured in: its own unit, or else the one that its name says; empty: none is known. */
export function unitOf({ name, unit }: { name: string; unit: string }): string {
  if (unit === "") return UNITS.find(([end]) => end.test(name))?.[1] ?? "";
  const known = UNITS.find(([word]) => word.exec(unit)?.index === 0)?.[1];
  if (known !== undefined) return known;
  // In isolates: it stands behind a number, and must not change places with it.
  return RIGHT_TO_LEFT.test(unit) ? `\u2068${visible(unit)}\u2069` : visible(unit);
}

// Of these people say thousands of; a thousand percent are not a kilopercent.
const PREFIXED = new Set(["", "B", "B/s", "s", "Hz", "W", "V", "A"]);
const UNPREFIXED = new Set(["ms", "µs", "%", "°C"]);

/** Whether it is a word that we do not know: then it stands for itself, and a prefix stands with the number. */
export function isFree(unit: string): boolean {
  return !PREFIXED.has(unit) && !UNPREFIXED.has(unit);
}

// A longer one would push the figures of a card out of it.
const LONGEST_EVERYWHERE = 5;

const PREFIXES = [
  ["E", 1e18],
  ["P", 1e15],
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
] as const;
const SMALL = [
  ["m", 1e-3],
  ["µ", 1e-6],
  ["n", 1e-9],
] as const;

const MOST_DECIMALS = 6;
const LARGEST = 1e18;
const SMALLEST = 1e-9;

/** How the numbers of one metric are written: all with one prefix and one number of decimals, so that none jumps. */
export interface Scale {
  prefix: string;
  factor: number;
  /** undefined: with an exponent. */
  decimals: number | undefined;
  unit: string;
}

/** For values between `min` and `max`, of which differences of `step` must be seen. `step` 0: only one value. */
export function scaleFor(min: number, max: number, step: number, unit: string): Scale {
  const size = Math.max(Math.abs(min), Math.abs(max));
  const plain: Scale = { prefix: "", factor: 1, decimals: decimalsFor(step, size), unit };
  if (!Number.isFinite(size) || size === 0) return { ...plain, decimals: step > 0 ? plain.decimals : 0 };
  const isBare = unit === "" || isFree(unit);
  if (size >= LARGEST * 1e3 || size < SMALLEST || (isBare && size < 1e-4)) {
    return { ...plain, decimals: undefined };
  }
  if (UNPREFIXED.has(unit)) return plain;
  const least = unit === "" ? 1e4 : isBare ? 1e6 : 1e3;
  const large = size >= least ? PREFIXES.find(([, factor]) => size >= factor) : undefined;
  const small = !isBare && size < 1 ? (SMALL.find(([, factor]) => size >= factor) ?? SMALL[2]) : undefined;
  const [prefix, factor] = large ?? small ?? ["", 1];
  const decimals = decimalsFor(step / factor, size / factor);
  // A prefix that needs so many digits behind the point hides what changes.
  if (decimals > MOST_DECIMALS - 1 && factor > 1) return plain;
  return { prefix, factor, decimals, unit };
}

function decimalsFor(step: number, size: number): number {
  const finest = step > 0 ? step : size / 1e4;
  if (!(finest > 0)) return 0;
  return Math.min(12, Math.max(0, -Math.floor(Math.log10(finest) + 1e-9)));
}

/** With unit and prefix: "438.1 GB", "13.92 M req". */
export function formatQuantity(value: number, scale: Scale): string {
  const { prefix, unit } = scale;
  const number = formatNumber(value, scale);
  if (unit === "" || number === "–") return number;
  if (isFree(unit)) return unit.length > LONGEST_EVERYWHERE ? number : `${number} ${unit}`;
  return prefix !== "" || unit === "%" ? number + unit : `${number} ${unit}`;
}

/** With its prefix, for where the unit stands beside it: "13.92 M". */
export function formatNumber(value: number, scale: Scale): string {
  const number = formatBare(value, scale);
  return scale.prefix === "" || number === "–" ? number : `${number} ${scale.prefix}`;
}

/** Without a unit, for where there is one already. */
export function formatBare(value: number, { factor, decimals }: Scale): string {
  if (decimals === undefined || !Number.isFinite(value)) return formatValue(value);
  const scaled = value / factor;
  const text = scaled.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return /^-[0.,]+$/.test(text) ? text.slice(1) : text;
}

/** A scale for a value alone, with no more decimals than it has. */
export function scaleOfOne(value: number, unit: string): Scale {
  const scale = scaleFor(value, value, 0, unit);
  if (scale.decimals === undefined) return scale;
  const text = (value / scale.factor).toFixed(Math.min(12, scale.decimals));
  const needed = /\.(\d*?)0*$/.exec(text)?.[1]?.length ?? 0;
  return { ...scale, decimals: needed };
}

interface Summarized {
  min: number;
  max: number;
  isWhole: boolean;
  /** No value has more digits behind the point. */
  decimals?: number;
}

/** For the values of a window: four digits of what they spread over, and none behind the point that no value has. */
export function scaleOf(summary: Summarized, unit: string): Scale {
  const { min, max, isWhole, decimals: most } = summary;
  const spread = max - min;
  if (!(spread > 0)) return scaleOfOne(max, unit);
  // Seven digits are enough, and more only for what would not be seen to change.
  const finest = Math.max(spread / 1e3, Math.min(Math.max(Math.abs(min), Math.abs(max)) / 1e7, spread / 10));
  return withAtMost(most, scaleFor(min, max, isWhole ? Math.max(1, finest) : finest, unit));
}

/** For a difference of two values of a window: four digits, and none behind the point that no value has. */
export function scaleOfChange(change: number, { isWhole, decimals }: Summarized, unit: string): Scale {
  const size = Math.abs(change);
  return withAtMost(decimals, scaleFor(size, size, isWhole ? Math.max(1, size / 1e3) : size / 1e3, unit));
}

function withAtMost(most: number | undefined, scale: Scale): Scale {
  if (most === undefined || scale.factor !== 1 || scale.decimals === undefined) return scale;
  return { ...scale, decimals: Math.min(scale.decimals, most) };
}
