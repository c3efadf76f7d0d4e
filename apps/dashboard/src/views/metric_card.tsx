import { memo } from "react";

import { TimeChart } from "../charts/time_chart";
import type { Broken } from "../data/limits";
import { stepToFill } from "../data/pasts";
import { boundsOf, type Range } from "../data/range";
import type { Series, Summary } from "../data/series";
import { formatChange } from "../format/numbers";
import { formatQuantity, scaleFor, scaleOf, scaleOfOne, unitOf } from "../format/quantities";
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
  const broken = useLimits().broken(series.name, series.latest(now)?.value);
  const classes = ["card"];
  if (series.silentSince(now) !== undefined) classes.push("is-silent");
  if (broken) classes.push(broken.level === "bad" ? "is-broken" : "is-warned");
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
        <Rhythm series={series} now={now} broken={broken} />
      </div>
      <div className="card-figures">
        <Latest series={series} range={range} summary={summary} now={now} />
        <Change summary={summary} name={series.name} />
      </div>
      <TimeChart
        series={series}
        range={range}
        label={`Chart of ${visible(series.name)}`}
        isEmpty={!summary && series.readings.length > 0}
      />
      <Figures summary={summary} name={series.name} />
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
  const unit = unitOf(series.name);
  const title = value === undefined ? "no reading yet" : String(value);
  return (
    <span className="latest" title={title} data-testid="latest">
      {value === undefined
        ? "–"
        : formatQuantity(value, summary ? scaleOf(withValue(summary, value), unit) : scaleOfOne(value, unit))}
    </span>
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
export function Change({ summary, name }: { summary: Summary | undefined; name: string }) {
  const change = summary ? summary.latest - summary.first : 0;
  if (change === 0) return null;
  return (
    <span className="change" title="Latest less first value of the window">
      <span aria-hidden="true">{change > 0 ? "▲" : "▼"}</span> {changeText(change, summary, name)}
    </span>
  );
}

function changeText(change: number, summary: Summary | undefined, name: string): string {
  if (!summary || !Number.isFinite(change)) return formatChange(change);
  const size = Math.abs(change);
  const scale = scaleFor(size, size, summary.isWhole ? Math.max(1, size / 1e3) : size / 1e3, unitOf(name));
  return `${change > 0 ? "+" : ""}${formatQuantity(change, scale)}`;
}

interface RhythmProps {
  series: Series;
  now: number;
  broken?: Broken | undefined;
}

/** How often readings are promised, or since when that promise has not been kept, or which limit was not. */
export function Rhythm({ series, now, broken }: RhythmProps) {
  const silent = series.silentSince(now);
  if (silent !== undefined) {
    return (
      <span className="rhythm silent" title={`A reading was promised every ${formatSpan(series.period)}`}>
        silent since {formatClock(silent, now)}
      </span>
    );
  }
  if (broken) {
    const { level, side, limit } = broken;
    const text = formatQuantity(limit, scaleOfOne(limit, unitOf(series.name)));
    return (
      <span className={`rhythm ${level}`} title={`${level === "bad" ? "Red" : "Amber"} limit`}>
        {side} {text}
      </span>
    );
  }
  if (series.readings.length === 0) return <span className="rhythm">no readings yet</span>;
  if (series.period === 0) return <span className="rhythm">irregular</span>;
  return <span className="rhythm">every {formatSpan(series.period)}</span>;
}

/** The smallest, the mean and the largest value of the window, written alike. */
export function Figures({ summary, name }: { summary: Summary | undefined; name: string }) {
  const scale = summary && scaleOf(summary, unitOf(name));
  // A mean of whole numbers is none.
  const meanScale =
    summary?.isWhole && scale
      ? scaleOf({ min: summary.min, max: summary.max, isWhole: false }, unitOf(name))
      : scale;
  const text = (value: number | undefined, of = scale) =>
    value === undefined || !of ? "–" : formatQuantity(value, of);
  return (
    <dl className="card-summary">
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
