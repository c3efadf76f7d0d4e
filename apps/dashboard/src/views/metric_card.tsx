import { memo } from "react";

import { TimeChart } from "../charts/time_chart";
import { stepToFill } from "../data/pasts";
import { boundsOf, type Range } from "../data/range";
import type { Series, Summary } from "../data/series";
import { formatChange } from "../format/numbers";
import {
  formatNumber,
  formatQuantity,
  isFree,
  scaleFor,
  scaleOf,
  scaleOfOne,
  unitOf,
} from "../format/quantities";
import { formatClock, formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { useLimits, usePast, useSeries } from "../ui/hooks";

interface MetricCardProps {
  series: Series;
  range: Range;
  href: string;
  index: number;
  count: number;
  /** undefined: it cannot be chosen. */
  isChosen: boolean | undefined;
  onChoose: ((name: string) => void) | undefined;
}

export const MetricCard = memo(function MetricCard(props: MetricCardProps) {
  const { series, range, href, index, count, isChosen, onChoose } = props;
  const now = useSeries(series);
  usePast(series, range, stepToFill(range, series, now));
  const { from, to } = boundsOf(range, now);
  const summary = series.summary(from, to);
  const limits = useLimits();
  const classes = ["card"];
  if (series.silentSince(now) !== undefined) classes.push("is-silent");
  if (limits.broken(series.name, series.latest(now)?.value)) classes.push("is-broken");
  return (
    <li className={classes.join(" ")} aria-posinset={index + 1} aria-setsize={count}>
      <div className="card-head">
        {isChosen !== undefined && (
          <input
            type="checkbox"
            checked={isChosen}
            aria-label={`Choose ${visible(series.name)}`}
            onChange={() => onChoose?.(series.name)}
          />
        )}
        <h2>
          <a href={href} data-index={index} data-id={series.id} title={visible(series.name)}>
            <bdi>{visible(series.name)}</bdi>
          </a>
        </h2>
        <Rhythm series={series} now={now} />
      </div>
      <div className="card-figures">
        <Latest series={series} range={range} summary={summary} now={now} />
        <Change summary={summary} series={series} />
      </div>
      <TimeChart
        series={series}
        range={range}
        label={`Chart of ${visible(series.name)}`}
        isEmpty={!summary && series.readings.length > 0}
      />
      <Figures summary={summary} series={series} />
    </li>
  );
});

interface LatestProps {
  series: Series;
  range: Range;
  summary: Summary | undefined;
  now: number;
}

/** The newest value; of a span that stands still the last one in it, as everything beside it is about that span. */
export function Latest({ series, range, summary, now }: LatestProps) {
  const value = range.kind === "fixed" ? summary?.latest : series.latest(now)?.value;
  const title = value === undefined ? "no reading yet" : String(value);
  return (
    <span className="latest" title={title} data-testid="latest">
      {value === undefined ? "–" : quantity(value, summary, unitOf(series))}
    </span>
  );
}

/** A unit that is a word, and may be long, is smaller than its number. */
function quantity(value: number, summary: Summary | undefined, unit: string) {
  const scale = summary ? scaleOf(withValue(summary, value), unit) : scaleOfOne(value, unit);
  if (!isFree(unit)) return formatQuantity(value, scale);
  return (
    <>
      {formatNumber(value, scale)}{" "}
      <span className="unit" title={unit}>
        {unit}
      </span>
    </>
  );
}

function withValue(summary: Summary, value: number): Summary {
  return {
    ...summary,
    min: Math.min(summary.min, value),
    max: Math.max(summary.max, value),
    isWhole: summary.isWhole && Number.isInteger(value),
  };
}

/** The last value of the window less its first. */
export function Change({ summary, series }: { summary: Summary | undefined; series: Series }) {
  const change = summary ? summary.latest - summary.first : 0;
  if (change === 0) return null;
  return (
    <span className="change" title="Latest less first value of the window">
      <span aria-hidden="true">{change > 0 ? "▲" : "▼"}</span> {changeText(change, summary, unitOf(series))}
    </span>
  );
}

function changeText(change: number, summary: Summary | undefined, unit: string): string {
  if (!summary || !Number.isFinite(change)) return formatChange(change);
  const size = Math.abs(change);
  const scale = scaleFor(size, size, summary.isWhole ? Math.max(1, size / 1e3) : size / 1e3, unit);
  return `${change > 0 ? "+" : ""}${formatQuantity(change, scale)}`;
}

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
  if (series.period === 0) return <span className="rhythm">irregular</span>;
  return <span className="rhythm">every {formatSpan(series.period)}</span>;
}

/** The smallest, the mean and the largest value of the window, written alike. */
export function Figures({ summary, series }: { summary: Summary | undefined; series: Series }) {
  const unit = unitOf(series);
  const scale = summary && scaleOf(summary, unit);
  // A mean of whole numbers is none.
  const meanScale =
    summary?.isWhole && scale ? scaleOf({ min: summary.min, max: summary.max, isWhole: false }, unit) : scale;
  const text = (value: number | undefined, of = scale) =>
    value === undefined || !of ? "–" : formatQuantity(value, of);
  return (
    <dl className={isFree(unit) ? "card-summary with-word" : "card-summary"}>
      <Figure name="min" value={summary?.min} text={text(summary?.min)} />
      <Figure name="max" value={summary?.max} text={text(summary?.max)} />
      {/* Last: of the three it is the one that a narrow card leaves out. */}
      <Figure name="avg" value={summary?.mean} text={text(summary?.mean, meanScale)} />
    </dl>
  );
}

function Figure({ name, value, text }: { name: string; value: number | undefined; text: string }) {
  return (
    <div className={`figure-${name}`}>
      <dt>{name}</dt>
      <dd title={value === undefined ? undefined : String(value)}>{text}</dd>
    </div>
  );
}
