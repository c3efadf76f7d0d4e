import { MOST_READINGS_OF_A_METRIC, type SnapshotRow } from "./metric_store";
import type { HubClock } from "./hub_clock";
import type { Ports } from "./ports";
import { refusalOf, RefusedError, strangerOf, UNREACHED } from "./refusal";
import { asObject, metricRow, readingRow } from "./rows";

export interface Snapshot {
  rows: SnapshotRow[];
  /** The id of the newest event that the rows hold: the stream goes on behind it. */
  cursor: string;
  bytes: number;
}

// Some 150 bytes each as JSON. Ten thousand metrics with all their readings would be hundreds of megabytes.
const MOST_READINGS = 200_000;
const LEAST_OF_A_METRIC = 20;

/**
 * What the hub stores, as much of it as a page can hold, and by the way the hub's time. Throws a RefusedError when
 * there is no answer to use.
 */
export async function loadSnapshot(ports: Ports, clock: HubClock, signal: AbortSignal): Promise<Snapshot> {
  const names = await getArray(ports, clock, "metrics", signal);
  const share = Math.floor(MOST_READINGS / Math.max(1, names.json.length));
  const limit = Math.max(LEAST_OF_A_METRIC, Math.min(MOST_READINGS_OF_A_METRIC, share));

  const full = await getArray(ports, clock, `metrics?with_readings=true&limit=${limit}`, signal);
  const cursor = full.headers.get("SSE-Cursor");
  if (cursor === null) throw new RefusedError(strangerOf(200));
  return {
    rows: full.json.flatMap((row) => snapshotRow(row, limit)),
    cursor,
    bytes: full.bytes,
  };
}

async function getArray(ports: Ports, clock: HubClock, url: string, signal: AbortSignal) {
  const sent = ports.now();
  const response = await ports.fetch(url, { signal, cache: "no-store" }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new RefusedError(UNREACHED);
  });
  clock.answered(response.headers.get("Date"), sent, ports.now());
  if (!response.ok) throw new RefusedError(await refusalOf(response));
  const text = await response.text();
  const json = parse(text);
  if (!Array.isArray(json)) throw new RefusedError(strangerOf(response.status));
  return { json: json as unknown[], headers: response.headers, bytes: text.length };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function snapshotRow(json: unknown, limit: number): SnapshotRow[] {
  const metric = metricRow(json);
  const readings = asObject(json)?.readings;
  if (!metric || !Array.isArray(readings)) return [];
  const isCut = readings.length >= limit;
  return [{ metric, isCut, readings: readings.flatMap((reading) => readingRow(reading) ?? []) }];
}
