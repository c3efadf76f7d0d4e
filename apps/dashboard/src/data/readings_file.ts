import type { Ports } from "./ports";
import { asObject } from "./rows";

const MOST = 10_000;

/**
 * The readings of a span of time as the hub stores them, with every digit of their timestamps, as CSV (RFC
 * 4180). Throws when the hub does not answer with readings.
 */
export async function readingsAsCsv(ports: Ports, metric: string, from: number, to: number): Promise<string> {
  const seen = new Set<string>();
  const lines: string[] = [];
  let until = new Date(to + 1).toISOString(); // not included
  for (;;) {
    const rows = await page(ports, metric, from, until);
    const fresh = rows.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    lines.unshift(...fresh.map(({ timestamp, value, id }) => `${timestamp},${value},${id}`));
    const oldest = rows[0];
    // The hub answers with the newest: what is before them is asked for, with what shares a millisecond with them.
    if (rows.length < MOST || fresh.length === 0 || !oldest) break;
    until = new Date(Date.parse(oldest.timestamp) + 1).toISOString();
  }
  return ["timestamp,value,id", ...lines, ""].join("\r\n");
}

interface Row {
  id: string;
  timestamp: string;
  value: string;
}

async function page(ports: Ports, metric: string, from: number, until: string): Promise<Row[]> {
  const query = new URLSearchParams({
    since: new Date(Math.max(0, from)).toISOString(),
    until,
    limit: String(MOST),
  });
  const response = await ports.fetch(`metrics/${metric}/readings?${query.toString()}`);
  const rows: unknown = await response.json();
  if (!Array.isArray(rows)) {
    const error = asObject(rows)?.error;
    throw new Error(typeof error === "string" ? error : `the hub answered ${response.status}`);
  }
  return rows.map((row: unknown) => {
    const { timestamp, value, id } = asObject(row) ?? {};
    return { timestamp: String(timestamp), value: String(value), id: String(id) };
  });
}
