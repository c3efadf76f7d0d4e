import type { Ports } from "./ports";
import { asObject } from "./rows";

const MOST = 10_000;

/**
 * The readings of a span of time as the hub stores them, with every digit of their timestamps, as CSV (RFC
 * 4180). Throws when the hub does not answer with readings.
 */
export async function readingsAsCsv(ports: Ports, metric: string, from: number, to: number): Promise<string> {
  const query = new URLSearchParams({
    since: new Date(Math.max(0, from)).toISOString(),
    until: new Date(to + 1).toISOString(), // not included
    limit: String(MOST),
  });
  const response = await ports.fetch(`/metrics/${metric}/readings?${query.toString()}`);
  const rows: unknown = await response.json();
  if (!Array.isArray(rows)) {
    const error = asObject(rows)?.error;
    throw new Error(typeof error === "string" ? error : `the hub answered ${response.status}`);
  }
  const lines = rows.map((row: unknown) => {
    const { timestamp, value, id } = asObject(row) ?? {};
    return `${String(timestamp)},${String(value)},${String(id)}`;
  });
  return ["timestamp,value,id", ...lines, ""].join("\r\n");
}
