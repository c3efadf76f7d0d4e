import { Past } from "./past";
import type { Ports } from "./ports";
import { refusalOf, RefusedError, strangerOf } from "./refusal";
import { type ReadingRow, readingRow } from "./rows";
import { Series } from "./series";

// Of one metric that is looked at alone: 1.6 MB.
export const MOST_OF_ONE = 100_000;
const MOST_OF_AN_ANSWER = 10_000;

// Of one metric for a long window: some 60 MB of JSON, which go by in pieces.
const MOST_THINNED = 400_000;

/**
 * Loads what the hub has of a metric before the readings that the page has, back to `from`. Throws a RefusedError
 * when there is no answer to use.
 */
export async function loadHistory(
  ports: Pick<Ports, "fetch" | "now">,
  series: Series,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const { readings } = series;
  readings.limit(MOST_OF_ONE);
  for await (const rows of earlier(ports, series, from, signal)) {
    series.prepend(rows);
    if (readings.length >= MOST_OF_ONE) return;
  }
}

/** The readings of a span that ends before those that the page has: a series of its own, with the same name. */
export async function loadSpan(
  ports: Pick<Ports, "fetch" | "now">,
  series: Series,
  from: number,
  until: number,
  signal: AbortSignal,
): Promise<Series> {
  const span = new Series(series, MOST_OF_ONE);
  for await (const rows of earlier(ports, span, from, signal, until)) {
    span.prepend(rows);
    if (span.readings.length >= MOST_OF_ONE) break;
  }
  return span;
}

/**
 * The same for a long window: what is loaded is thinned at once to steps, so that memory stays as it is. `until`: what
 * is not before it is left out.
 */
export async function loadPast(
  ports: Pick<Ports, "fetch" | "now">,
  series: Series,
  step: number,
  from: number,
  signal: AbortSignal,
  until = Number.POSITIVE_INFINITY,
): Promise<void> {
  const past = new Past(step, from, until);
  series.past = past;
  let count = 0;
  try {
    for await (const rows of earlier(ports, series, from, signal, until)) {
      // A snapshot that came meanwhile has forgotten this past.
      if (series.past !== past) return;
      series.addPast(rows);
      count += rows.length;
      if (count >= MOST_THINNED) break;
    }
    if (signal.aborted && series.past === past) series.past = undefined;
  } catch (error) {
    if (series.past === past) series.past = undefined;
    throw error;
  }
}

/** Pages of readings from before those that the page has, the newest page first, each ascending by time. */
async function* earlier(
  ports: Pick<Ports, "fetch" | "now">,
  series: Series,
  from: number,
  signal: AbortSignal,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<ReadingRow[]> {
  const held = series.readings.length > 0 ? series.readings.timeAt(0) : ports.now();
  let until = Math.min(held, end);
  while (until > from) {
    const query = new URLSearchParams({
      since: new Date(Math.max(0, Math.floor(from))).toISOString(),
      until: new Date(Math.ceil(until)).toISOString(),
      limit: String(MOST_OF_AN_ANSWER),
    });
    const response = await ports.fetch(`metrics/${series.id}/readings?${query.toString()}`, { signal });
    if (!response.ok) throw new RefusedError(await refusalOf(response));
    const json: unknown = await response.json();
    if (!Array.isArray(json)) throw new RefusedError(strangerOf(response.status));
    const before = until;
    const rows = json.flatMap((row) => readingRow(row) ?? []).filter(({ time }) => time < before);
    if (signal.aborted) return;
    yield rows;
    until = rows[0]?.time ?? from;
    if (json.length < MOST_OF_AN_ANSWER) return;
  }
}
