import type { Ports } from "./ports";
import { asObject } from "./rows";

const MOST = 10_000;

// Of all metrics together: a file of some 80 MB.
const MOST_ROWS = 1_000_000;

/**
 * The readings of a span of time as the hub stores them, with every digit of their timestamps, as CSV (RFC
 * 4180). Throws when the hub does not answer with readings.
 */
export async function readingsAsCsv(ports: Ports, metric: string, from: number, to: number): Promise<string> {
  const rows = await readingsOf(ports, metric, from, to);
  const lines = rows.map(({ timestamp, value, id }) => `${timestamp},${value},${id}`);
  return ["timestamp,value,id", ...lines, ""].join("\r\n");
}

export interface MetricsFile {
  /** One after the other they are the file. */
  parts: string[];
  rows: number;
  /** There were more than a file should have. */
  isCut: boolean;
}

/** The same of several metrics, one after the other. `progress` is told how many are done. */
export async function metricsAsCsv(
  ports: Ports,
  metrics: readonly { id: string; name: string }[],
  span: { from: number; to: number },
  signal: AbortSignal,
  progress: (done: number) => void,
  most = MOST_ROWS,
): Promise<MetricsFile> {
  const file: MetricsFile = { parts: ["metric,timestamp,value,id\r\n"], rows: 0, isCut: false };
  for (const [done, metric] of metrics.entries()) {
    progress(done);
    const rows = await readingsOf(ports, metric.id, span.from, span.to, signal);
    signal.throwIfAborted();
    const kept = rows.slice(-Math.max(1, most - file.rows));
    const name = quoted(metric.name);
    file.parts.push(
      kept.map(({ timestamp, value, id }) => `${name},${timestamp},${value},${id}\r\n`).join(""),
    );
    file.rows += kept.length;
    file.isCut = kept.length < rows.length || (file.rows >= most && done + 1 < metrics.length);
    if (file.isCut) break;
  }
  return file;
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

interface Row {
  id: string;
  timestamp: string;
  value: string;
}

/** Ascending by time. */
async function readingsOf(
  ports: Ports,
  metric: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<Row[]> {
  const seen = new Set<string>();
  const pages: Row[][] = [];
  let until = new Date(to + 1).toISOString(); // not included
  for (;;) {
    const rows = await page(ports, metric, from, until, signal);
    const fresh = rows.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    pages.unshift(fresh);
    const oldest = rows[0];
    // The hub answers with the newest: what is before them is asked for, with what shares a millisecond with them.
    if (rows.length < MOST || fresh.length === 0 || !oldest) break;
    until = new Date(Date.parse(oldest.timestamp) + 1).toISOString();
  }
  return pages.flat();
}

async function page(
  ports: Ports,
  metric: string,
  from: number,
  until: string,
  signal: AbortSignal | undefined,
): Promise<Row[]> {
  const query = new URLSearchParams({
    since: new Date(Math.max(0, from)).toISOString(),
    until,
    limit: String(MOST),
  });
  const response = await ports.fetch(
    `metrics/${metric}/readings?${query.toString()}`,
    signal ? { signal } : undefined,
  );
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
