// What the hub says, checked: a page that is left open for weeks meets hubs of other versions.

export interface MetricRow {
  id: string;
  name: string;
  /** How far apart readings are promised, in milliseconds; 0 when nothing is. */
  period: number;
  /** As its creator said it; undefined: not at all. */
  unit?: string | undefined;
}

export interface ReadingRow {
  metric: string;
  value: number;
  /** Milliseconds since 1970, with what the hub says below a millisecond as a fraction. */
  time: number;
}

const NANOSECONDS = 1e6;

export function asObject(json: unknown): Record<string, unknown> | undefined {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function metricRow(json: unknown): MetricRow | undefined {
  const row = asObject(json);
  if (typeof row?.id !== "string" || typeof row.name !== "string") return undefined;
  const period = typeof row.input_frequency === "number" ? row.input_frequency / NANOSECONDS : 0;
  return { id: row.id, name: row.name, period, unit: typeof row.unit === "string" ? row.unit : undefined };
}

export function readingRow(json: unknown): ReadingRow | undefined {
  const row = asObject(json);
  if (typeof row?.metric_id !== "string" || typeof row.value !== "number") return undefined;
  const time = timeOf(row.timestamp);
  return Number.isNaN(time) ? undefined : { metric: row.metric_id, value: row.value, time };
}

const BELOW_MILLISECONDS = /\.\d{3}(\d+)Z$/;

/** Date.parse() stops at milliseconds; readings at 5 kHz would then share one time. */
export function timeOf(timestamp: unknown): number {
  if (typeof timestamp !== "string") return Number.NaN;
  const below = BELOW_MILLISECONDS.exec(timestamp);
  return Date.parse(timestamp) + (below ? Number(`0.${below[1] ?? "0"}`) : 0);
}
