import { useState } from "react";

import type { Series } from "../data/series";
import { readingsAsCsv } from "../data/readings_file";
import { formatCount } from "../format/numbers";
import { formatExactTime } from "../format/times";
import { useHub } from "../ui/hub";
import { fileName, saveFile } from "../ui/save_file";

const ROWS = 50;

interface ReadingsTableProps {
  series: Series;
  from: number;
  to: number;
  now: number;
}

/** The readings of the window, newest first, with every digit. */
export function ReadingsTable({ series, from, to, now }: ReadingsTableProps) {
  const { ports } = useHub();
  // A page stays at the reading that it began with, whatever comes: rows that move cannot be read.
  const [anchor, setAnchor] = useState<{ time: number; nth: number }>();
  const [failure, setFailure] = useState<string>();

  const begin = series.readings.indexAt(from);
  const end = series.readings.indexAt(to + Number.EPSILON);
  const count = end - begin;
  const anchored = anchor ? series.readings.indexAt(anchor.time) + anchor.nth : end - 1;
  const newest = Math.max(Math.min(anchored, end - 1), Math.min(end - 1, begin));
  const before = end - 1 - newest;
  const shownPage = Math.ceil(before / ROWS);
  const pages = Math.max(1, shownPage + Math.ceil((newest - begin + 1) / ROWS));
  const isNewest = before <= 0;
  const isOldest = newest - ROWS < begin;
  const turn = (to: number) => {
    const time = series.readings.timeAt(to);
    // Several may have one time.
    setAnchor(to >= end - 1 ? undefined : { time, nth: to - series.readings.indexAt(time) });
  };
  const rows = Array.from(
    { length: Math.max(0, Math.min(ROWS, newest - begin + 1)) },
    (_, row) => newest - row,
  );

  const download = () => {
    setFailure(undefined);
    readingsAsCsv(ports, series.id, from, to).then(
      (csv) => saveFile(new Blob([csv], { type: "text/csv" }), `${fileName(series.name, "readings")}.csv`),
      (error: unknown) => setFailure(error instanceof Error ? error.message : "no answer"),
    );
  };

  return (
    <section className="readings" aria-labelledby="readings-title">
      <div className="section-head">
        <h2 id="readings-title">Readings</h2>
        <button type="button" onClick={download}>
          Download CSV
        </button>
      </div>
      {failure !== undefined && (
        <p className="error" role="alert">
          The readings could not be fetched: {failure}
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" className="number">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((index) => (
            <tr key={newest - index}>
              <td>{formatExactTime(series.readings.timeAt(index), now)}</td>
              <td className="number">{String(series.readings.valueAt(index))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {count === 0 && (
        <p className="hint">
          {series.summary(from, to)
            ? "Readings of so long a time are not listed here: the CSV has all of them."
            : "No readings in this window."}
        </p>
      )}
      {pages > 1 && (
        <div className="pages" role="group" aria-label="Pages of readings">
          <button
            type="button"
            aria-disabled={isNewest}
            onClick={() => !isNewest && turn(shownPage === 1 ? end - 1 : newest + ROWS)}
          >
            Newer
          </button>
          <span>
            {formatCount(shownPage + 1)} of {formatCount(pages)}
          </span>
          <button type="button" aria-disabled={isOldest} onClick={() => !isOldest && turn(newest - ROWS)}>
            Older
          </button>
        </div>
      )}
    </section>
  );
}
