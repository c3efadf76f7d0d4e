import { type ReactNode } from "react";

import { TimeChart } from "../charts/time_chart";
import { boundsOf, type Range, rangeParams, zoomed } from "../data/range";
import type { Series } from "../data/series";
import { formatChange, formatDerived, formatRate, formatValue } from "../format/numbers";
import { formatSpan } from "../format/times";
import { linkTo } from "../route";
import {
  changeParams,
  useConnection,
  useRange,
  useRoute,
  useSeries,
  useSeriesList,
  useShortcuts,
} from "../ui/hooks";
import { useHub } from "../ui/hub";
import { AddReading } from "./add_reading";
import { Figure, Rhythm } from "./metric_card";
import { ReadingsTable } from "./readings_table";
import { WindowChoice } from "./window_choice";

export function MetricPage() {
  const { live } = useHub();
  const { id } = useRoute();
  const connection = useConnection();
  useSeriesList();
  const series = live.store.find(id);
  if (series) return <Metric key={id} series={series} />;
  if (connection.phase === "loading") return <p className="nothing">Loading …</p>;
  return (
    <section className="nothing">
      <h1>No such metric</h1>
      <p>
        The hub has no metric with the id <code>{id}</code>. It may have been deleted.
      </p>
      <BackLink>All metrics</BackLink>
    </section>
  );
}

function BackLink({ children }: { children: ReactNode }) {
  const { params } = useRoute();
  return <a href={linkTo("/", params)}>{children}</a>;
}

function Metric({ series }: { series: Series }) {
  const { live } = useHub();
  const range = useRange();
  const now = useSeries(series);
  const { from, to } = boundsOf(range, now);
  const summary = series.summary(from, to);
  const latest = series.readings.length > 0 ? series.latestValue : undefined;
  const change = (factor: number, shift = 0) =>
    changeParams(rangeParams(zoomed(range, live.hubNow(), factor, shift)));
  useShortcuts({
    "+": () => change(0.5),
    "-": () => change(2),
    "[": () => change(1, -0.5),
    "]": () => change(1, 0.5),
  });

  return (
    <article className="metric">
      <nav className="crumbs" aria-label="Breadcrumb">
        <BackLink>Metrics</BackLink> <span aria-hidden="true">/</span>
      </nav>
      <div className="metric-head">
        <h1>{series.name}</h1>
        <Rhythm series={series} now={now} />
        <code className="metric-id">{series.id}</code>
      </div>
      <div className="metric-figures">
        <span
          className="latest"
          title={latest === undefined ? undefined : String(latest)}
          data-testid="latest"
        >
          {latest === undefined ? "–" : formatValue(latest)}
        </span>
        <dl className="card-summary">
          <Figure name="min" value={summary?.min} />
          <Figure name="avg" value={summary?.mean} format={formatDerived} />
          <Figure name="max" value={summary?.max} />
          <div>
            <dt>change</dt>
            <dd>{summary ? formatChange(summary.latest - summary.first) : "–"}</dd>
          </div>
          <div>
            <dt>readings</dt>
            <dd>{summary?.count ?? 0}</dd>
          </div>
          <div>
            <dt title="Readings per second, as they really came">per second</dt>
            <dd>{observedRate(series, from, to)}</dd>
          </div>
        </dl>
      </div>
      <div className="toolbar">
        <ZoomButtons range={range} change={change} />
        <WindowChoice range={range} series={[series]} />
      </div>
      <TimeChart
        series={series}
        range={range}
        axes
        label={`Chart of ${series.name} over ${formatSpan(to - from)}; drag over it to zoom`}
      />
      <div className="metric-columns">
        <ReadingsTable series={series} from={from} to={to} now={now} />
        <AddReading series={series} />
      </div>
    </article>
  );
}

function ZoomButtons({ range, change }: { range: Range; change: (factor: number, shift?: number) => void }) {
  return (
    <div className="segments" role="group" aria-label="Zoom">
      <button
        type="button"
        aria-label="Zoom in"
        aria-keyshortcuts="+"
        title="Zoom in (+)"
        onClick={() => change(0.5)}
      >
        +
      </button>
      <button
        type="button"
        aria-label="Zoom out"
        aria-keyshortcuts="-"
        title="Zoom out (-)"
        onClick={() => change(2)}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Earlier"
        aria-keyshortcuts="["
        title="Earlier ([)"
        onClick={() => change(1, -0.5)}
      >
        ←
      </button>
      <button
        type="button"
        aria-label="Later"
        aria-keyshortcuts="]"
        title="Later (])"
        disabled={range.kind === "live"}
        onClick={() => change(1, 0.5)}
      >
        →
      </button>
    </div>
  );
}

function observedRate(series: Series, from: number, to: number): string {
  const begin = series.readings.indexAt(from);
  const count = series.readings.indexAt(to) - begin;
  if (count < 2) return "–";
  const span = series.readings.timeAt(begin + count - 1) - series.readings.timeAt(begin);
  return span > 0 ? formatRate(((count - 1) * 1_000) / span) : "–";
}
