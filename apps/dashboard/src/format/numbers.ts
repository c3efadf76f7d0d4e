const wholes = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const digits = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 5 });
const fewDigits = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

/** A value for people, in at most a dozen characters whatever its size. The exact one is String(value). */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size === Number.POSITIVE_INFINITY) return value > 0 ? "∞" : "-∞";
  if (size < 1e-4 || size >= 1e9) return shortExponent(value);
  return size >= 1e5 ? wholes.format(value) : digits.format(value);
}

/** What was computed from values: a digit less, because that many of its digits mean something. */
export function formatDerived(value: number): string {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e5 ? fewDigits.format(value) : formatValue(value);
}

/** A difference: with its sign, also when it is a plus. */
export function formatChange(value: number): string {
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return `${value > 0 ? "+" : "-"}more than 1.8e308`;
  return value > 0 ? `+${formatDerived(value)}` : formatDerived(value);
}

export function formatCount(count: number): string {
  return wholes.format(count);
}

/** Events per second: whole ones, but for a trickle. */
export function formatRate(rate: number): string {
  return rate > 0 && rate < 9.95 ? rate.toFixed(1) : wholes.format(rate);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

// 1e-12, not 1.00000e-12.
function shortExponent(value: number): string {
  return value
    .toExponential(3)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e");
}
