import { MOST_READINGS_OF_A_METRIC, type SnapshotRow } from "./metric_store";
import type { Ports } from "./ports";
import { asObject, metricRow, readingRow } from "./rows";

export interface Snapshot {
  rows: SnapshotRow[];
  /** The id of the newest event that the rows hold: the stream goes on behind it. */
  cursor: string;
  /** How far the hub's clock is ahead of this machine's, in milliseconds. */
  clockAhead: number;
  bytes: number;
}

// Some 150 bytes each as JSON. Ten thousand metrics with all their readings would be hundreds of megabytes.
const MOST_READINGS = 200_000;
const LEAST_OF_A_METRIC = 20;

// The header Date has seconds only: less than this is no difference.
const CLOCKS_AGREE = 2_000;

/** What the hub stores, as much of it as a page can hold. Throws when there is no answer to use. */
export async function loadSnapshot(ports: Ports, signal: AbortSignal): Promise<Snapshot> {
  const names = await getArray(ports, "/metrics", signal);
  const share = Math.floor(MOST_READINGS / Math.max(1, names.json.length));
  const limit = Math.max(LEAST_OF_A_METRIC, Math.min(MOST_READINGS_OF_A_METRIC, share));

  const full = await getArray(ports, `/metrics?with_readings=true&limit=${limit}`, signal);
  const cursor = full.headers.get("SSE-Cursor");
  if (cursor === null) throw new Error("the answer of /metrics has no SSE-Cursor header");
  return {
    rows: full.json.flatMap(snapshotRow),
    cursor,
    clockAhead: clockAhead(full.headers.get("Date"), ports.now()),
    bytes: full.bytes,
  };
}

async function getArray(ports: Ports, url: string, signal: AbortSignal) {
  const response = await ports.fetch(url, { signal, cache: "no-store" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  const json: unknown = JSON.parse(text);
  if (!Array.isArray(json)) throw new Error(`${url} did not answer an array`);
  return { json: json as unknown[], headers: response.headers, bytes: text.length };
}

function snapshotRow(json: unknown): SnapshotRow[] {
  const metric = metricRow(json);
  const readings = asObject(json)?.readings;
  if (!metric || !Array.isArray(readings)) return [];
  return [{ metric, readings: readings.flatMap((reading) => readingRow(reading) ?? []) }];
}

function clockAhead(date: string | null, now: number): number {
  const middle = Date.parse(date ?? "") + 500;
  return Math.abs(middle - now) > CLOCKS_AGREE ? middle - now : 0;
}
