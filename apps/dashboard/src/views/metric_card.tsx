import { memo } from "react";

import { TimeChart } from "../charts/time_chart";
import { boundsOf, type Range } from "../data/range";
import type { Series } from "../data/series";
import { formatChange, formatDerived, formatValue } from "../format/numbers";
import { formatClock, formatSpan } from "../format/times";
import { useSeries } from "../ui/hooks";

interface MetricCardProps {
  series: Series;
  range: Range;
  href: string;
  index: number;
  count: number;
}

export const MetricCard = memo(function MetricCard({ series, range, href, index, count }: MetricCardProps) {
  const now = useSeries(series);
  const { from, to } = boundsOf(range, now);
  const summary = series.summary(from, to);
  const latest = series.readings.length > 0 ? series.latestValue : undefined;
  const change = summary ? summary.latest - summary.first : undefined;

  return (
    <li className="card" aria-posinset={index + 1} aria-setsize={count}>
      <div className="card-head">
        <h2>
          <a href={href} data-index={index} title={series.name}>
            {series.name}
          </a>
        </h2>
        <Rhythm series={series} now={now} />
      </div>
      <div className="card-figures">
        <span className="latest" title={latest === undefined ? "no reading yet" : String(latest)}>
          {latest === undefined ? "–" : formatValue(latest)}
        </span>
        {change !== undefined && (
          <span className="change" title="Latest less first value of the window">
            <span aria-hidden="true">{change > 0 ? "▲" : change < 0 ? "▼" : ""}</span> {formatChange(change)}
          </span>
        )}
      </div>
      <TimeChart series={series} range={range} label={`Chart of ${series.name}`} />
      <dl className="card-summary">
        <Figure name="min" value={summary?.min} />
        <Figure name="avg" value={summary?.mean} format={formatDerived} />
        <Figure name="max" value={summary?.max} />
      </dl>
    </li>
  );
});

/** How often readings are promised, or since when that promise has not been kept. */
export function Rhythm({ series, now }: { series: Series; now: number }) {
  const silent = series.silentSince(now);
  if (silent !== undefined) {
    return (
      <span className="rhythm silent" title={`A reading was promised every ${formatSpan(series.period)}`}>
        silent since {formatClock(silent, now)}
      </span>
    );
  }
  if (series.readings.length === 0) return <span className="rhythm">no readings yet</span>;
  if (series.period === 0) return <span className="rhythm">at any time</span>;
  return <span className="rhythm">every {formatSpan(series.period)}</span>;
}

interface FigureProps {
  name: string;
  value: number | undefined;
  format?: (value: number) => string;
}

export function Figure({ name, value, format = formatValue }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={value === undefined ? undefined : String(value)}>
        {value === undefined ? "–" : format(value)}
      </dd>
    </div>
  );
}
