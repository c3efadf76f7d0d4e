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
  const [page, setPage] = useState(0);
  const [failure, setFailure] = useState<string>();

  const begin = series.readings.indexAt(from);
  const end = series.readings.indexAt(to + Number.EPSILON);
  const count = end - begin;
  const pages = Math.max(1, Math.ceil(count / ROWS));
  const shownPage = Math.min(page, pages - 1);
  const newest = end - 1 - shownPage * ROWS;
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
            <tr key={index - end}>
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
          <button type="button" disabled={shownPage === 0} onClick={() => setPage(shownPage - 1)}>
            Newer
          </button>
          <span>
            {formatCount(shownPage + 1)} of {formatCount(pages)}
          </span>
          <button type="button" disabled={shownPage === pages - 1} onClick={() => setPage(shownPage + 1)}>
            Older
          </button>
        </div>
      )}
    </section>
  );
}
