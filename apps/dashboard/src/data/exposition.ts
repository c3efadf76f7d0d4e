/** The numbers of Prometheus' text format 0.0.4, by name and labels as they are written: `a_total{reason="slow"}`. */
export type Exposition = ReadonlyMap<string, number>;

const SAMPLE = /^([a-zA-Z_:][\w:]*(?:\{[^\n]*\})?)\s+(\S+)/;

export function parseExposition(text: string): Exposition {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const sample = SAMPLE.exec(line);
    if (!sample) continue;
    const value = sample[2] === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample[2]);
    if (!Number.isNaN(value)) found.set(sample[1] ?? "", value);
  }
  return found;
}

/** The values of one name by the one label that they differ in. */
export function byLabel(exposition: Exposition, name: string, label: string): Map<string, number> {
  const found = new Map<string, number>();
  const start = `${name}{`;
  for (const [series, value] of exposition) {
    if (!series.startsWith(start)) continue;
    const text = new RegExp(`[{,]${label}="((?:[^"\\\\]|\\\\.)*)"`).exec(series)?.[1];
    if (text !== undefined) found.set(text, (found.get(text) ?? 0) + value);
  }
  return found;
}

/**
 * Below which value a part `q` of what a histogram has counted between two looks lies: the upper end of a bucket, as
 * finer is not known. undefined when nothing was counted; Infinity beyond the last bucket.
 */
export function quantile(
  before: Exposition | undefined,
  after: Exposition,
  name: string,
  q: number,
): number | undefined {
  const first = before ? byLabel(before, `${name}_bucket`, "le") : new Map<string, number>();
  const buckets = [...byLabel(after, `${name}_bucket`, "le")]
    .map(([end, count]) => ({
      end: end === "+Inf" ? Number.POSITIVE_INFINITY : Number(end),
      count: count - (first.get(end) ?? 0),
    }))
    .sort((a, b) => a.end - b.end);
  const all = buckets.at(-1)?.count ?? 0;
  return all > 0 ? buckets.find(({ count }) => count >= q * all)?.end : undefined;
}
