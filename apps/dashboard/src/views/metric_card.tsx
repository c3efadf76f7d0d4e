import { memo } from "react";

import { TimeChart } from "../charts/time_chart";
import type { Broken } from "../data/limits";
import { stepToFill } from "../data/pasts";
import { boundsOf, type Range } from "../data/range";
import type { Series, Summary } from "../data/series";
import { formatChange } from "../format/numbers";
import {
  formatNumber,
  formatQuantity,
  isFree,
  scaleOf,
  scaleOfChange,
  scaleOfOne,
  unitOf,
} from "../format/quantities";
import { formatClock, formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { useLimits, usePast, useSeries } from "../ui/hooks";
import type { Pinning } from "../ui/pinning";

export interface MetricCardProps {
  series: Series;
  range: Range;
  href: string;
  index: number;
  count: number;
  /** How many columns of the grid it takes. */
  span: number;
  hasAxes: boolean;
  pinning: Pinning;
  /** undefined: it cannot be chosen. */
  isChosen: boolean | undefined;
  onChoose: ((name: string) => void) | undefined;
}

/** What a card or a row shows of its metric, and what is wrong with it. */
export function useLook(series: Series, range: Range, base: string) {
  const now = useSeries(series);
  usePast(series, range, stepToFill(range, series, now));
  const { from, to } = boundsOf(range, now);
  const summary = series.summary(from, to);
  const broken = useLimits().broken(series.name, series.latest(now)?.value);
  const classes = [base];
  if (series.silentSince(now) !== undefined) classes.push("is-silent");
  if (broken) classes.push(broken.level === "bad" ? "is-broken" : "is-warned");
  return { now, summary, broken, classes: classes.join(" ") };
}

export const MetricCard = memo(function MetricCard(props: MetricCardProps) {
  const { series, range, href, index, count, span, hasAxes, isChosen, onChoose, pinning } = props;
  const { now, summary, broken, classes } = useLook(series, range, "card");
  return (
    <li
      className={classes}
      aria-posinset={index + 1}
      aria-setsize={count}
      style={span > 1 ? { gridColumn: `span ${span}` } : undefined}
    >
      <div className="card-head">
        <ChooseBox name={series.name} isChosen={isChosen} onChoose={onChoose} />
        <h2>
          <MetricName series={series} href={href} index={index} />
        </h2>
        <Rhythm series={series} now={now} broken={broken} />
        <PinButtons name={series.name} pinning={pinning} />
      </div>
      <div className="card-figures">
        <Latest series={series} range={range} summary={summary} now={now} />
        <Change summary={summary} series={series} />
      </div>
      <TimeChart
        series={series}
        range={range}
        axes={hasAxes}
        label={`Chart of ${visible(series.name)}`}
        empty={emptyText(series, summary)}
      />
      <Figures summary={summary} series={series} />
    </li>
  );
});

type ChooseBoxProps = Pick<MetricCardProps, "isChosen" | "onChoose"> & { name: string };

/** Puts the metric among those that are chosen; only while one chooses. */
export function ChooseBox({ name, isChosen, onChoose }: ChooseBoxProps) {
  if (isChosen === undefined) return null;
  return (
    <input
      type="checkbox"
      checked={isChosen}
      aria-label={`Choose ${visible(name)}`}
      onChange={() => onChoose?.(name)}
    />
  );
}

/** What stands in the place of a line; empty: there is one. */
export function emptyText(series: Series, summary: Summary | undefined): string {
  if (series.readings.length === 0 && !summary) return "No readings yet.";
  return summary ? "" : "No readings in this window.";
}

// Of a long name the end is what tells it from its neighbours: the middle is left out.
const LONG_NAME = 16;
const TAIL = 8;

interface MetricNameProps {
  series: Series;
  href: string;
  index: number;
}

/** The link to the metric's page, by its name. */
export function MetricName({ series, href, index }: MetricNameProps) {
  const name = visible(series.name);
  const letters = Array.from(name);
  return (
    <a href={href} data-index={index} data-id={series.id} title={name} aria-label={name} className="name">
      {letters.length < LONG_NAME ? (
        <bdi>{name}</bdi>
      ) : (
        <bdi className="parts">
          <span>{letters.slice(0, -TAIL).join("")}</span>
          <span>{letters.slice(-TAIL).join("")}</span>
        </bdi>
      )}
    </a>
  );
}

/** To the front of all metrics, and there one place further on. The keys * and Shift with an arrow do the same. */
export function PinButtons({ name, pinning }: { name: string; pinning: Pinning }) {
  const place = pinning.names.indexOf(name);
  return (
    <span className={place < 0 ? "pins" : "pins is-pinned"}>
      {place > 0 && (
        <button
          type="button"
          className="icon"
          tabIndex={-1}
          title="Before the one in front of it (Shift ←)"
          aria-label={`Move ${visible(name)} one place forward`}
          onClick={() => pinning.move(name, -1)}
        >
          ‹
        </button>
      )}
      <button
        type="button"
        className="icon"
        tabIndex={-1}
        aria-pressed={place >= 0}
        title={place < 0 ? "Pin to the front (*)" : "Unpin (*)"}
        aria-label={`Pin ${visible(name)}`}
        onClick={() => pinning.toggle(name)}
      >
        {place < 0 ? "☆" : "★"}
      </button>
    </span>
  );
}

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
  return `${change > 0 ? "+" : ""}${formatQuantity(change, scaleOfChange(change, summary, unit))}`;
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
        silent <span className="since">since {formatClock(silent, now)}</span>
      </span>
    );
  }
  if (broken) {
    const { level, side, limit } = broken;
    const text = formatQuantity(limit, scaleOfOne(limit, unitOf(series)));
    return (
      <span className={`rhythm ${level}`} title={`${level === "bad" ? "Red" : "Amber"} limit`}>
        {side} {text}
      </span>
    );
  }
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
