import type { Ports } from "./ports";
import { refusalOf, RefusedError, strangerOf } from "./refusal";
import { readingRow } from "./rows";
import type { Series } from "./series";

// Of one metric that is looked at alone: 1.6 MB.
export const MOST_OF_ONE = 100_000;
const MOST_OF_AN_ANSWER = 10_000;

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
  while (readings.length < MOST_OF_ONE) {
    const oldest = readings.length > 0 ? readings.timeAt(0) : ports.now();
    if (oldest <= from) return;
    const query = new URLSearchParams({
      since: new Date(Math.max(0, Math.floor(from))).toISOString(),
      until: new Date(Math.ceil(oldest)).toISOString(),
      limit: String(MOST_OF_AN_ANSWER),
    });
    const response = await ports.fetch(`metrics/${series.id}/readings?${query.toString()}`, { signal });
    if (!response.ok) throw new RefusedError(await refusalOf(response));
    const json: unknown = await response.json();
    if (!Array.isArray(json)) throw new RefusedError(strangerOf(response.status));
    const rows = json.flatMap((row) => readingRow(row) ?? []);
    series.prepend(rows);
    if (rows.length < MOST_OF_AN_ANSWER) return;
  }
}
