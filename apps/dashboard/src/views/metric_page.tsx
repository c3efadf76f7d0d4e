import { type ReactNode, useEffect, useState } from "react";

import { TimeChart } from "../charts/time_chart";
import { loadHistory } from "../data/history";
import { stepFor } from "../data/pasts";
import { boundsOf, type Range, rangeFrom, rangeParams, zoomed } from "../data/range";
import type { Series } from "../data/series";
import { deleteMetric } from "../data/writes";
import { formatCount, formatRate } from "../format/numbers";
import { formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { changedHash, linkTo } from "../route";
import { Dialog } from "../ui/dialog";
import {
  changeParams,
  useConnection,
  useLimits,
  usePast,
  useRange,
  useRoute,
  useSeries,
  useSeriesList,
  useShortcuts,
} from "../ui/hooks";
import { useHub } from "../ui/hub";
import { HubForm } from "../ui/hub_form";
import { AddReading } from "./add_reading";
import { Change, Figures, Latest, Rhythm } from "./metric_card";
import { ChartTools } from "./chart_tools";
import { MetricLimits } from "./metric_limits";
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
  const history = useHistory(series, range);
  const broken = useLimits().broken(series.name, series.latest(now)?.value);
  const { params } = useRoute();
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
        <BackLink>Metrics</BackLink> <span aria-hidden="true">/</span>{" "}
        <bdi aria-current="page">{visible(series.name)}</bdi>
      </nav>
      <div className="metric-head">
        <h1 tabIndex={-1}>
          <bdi>{visible(series.name)}</bdi>
        </h1>
        <Rhythm series={series} now={now} broken={broken} />
        <code className="metric-id">{series.id}</code>
      </div>
      <div className="metric-figures">
        <Latest series={series} range={range} summary={summary} now={now} />
        <Change summary={summary} name={series.name} />
        <Figures summary={summary} name={series.name} />
        <dl className="card-summary">
          <div>
            <dt>readings</dt>
            <dd>{formatCount(summary?.count ?? 0)}</dd>
          </div>
          <div>
            <dt title="Readings per second, as they really came">per second</dt>
            <dd>{observedRate(series, from, to)}</dd>
          </div>
        </dl>
      </div>
      <div className="toolbar">
        <ZoomButtons range={range} change={change} />
        <p className="count" role="status">
          {history}
        </p>
        <a className="button" href={changedHash(linkTo("/chart", params), { m: compared(params, series) })}>
          In one chart with others
        </a>
        <ChartTools />
        <WindowChoice range={range} series={[series]} />
      </div>
      <TimeChart
        series={series}
        range={range}
        axes
        label={`Chart of ${visible(series.name)} over ${formatSpan(to - from)}; drag over it to zoom`}
      />
      <div className="metric-columns">
        <ReadingsTable series={series} from={from} to={to} now={now} />
        <div className="metric-side">
          <AddReading series={series} />
          <MetricLimits series={series} />
          <DeleteMetric series={series} />
        </div>
      </div>
    </article>
  );
}

/** What is chosen already, and this metric. */
function compared(params: URLSearchParams, { name }: Series): readonly string[] {
  const names = params.getAll("m");
  return names.includes(name) ? names : [...names, name];
}

/** Loads what the window has of readings before those of the page, and says so. */
function useHistory(series: Series, range: Range): string {
  const { ports, live } = useHub();
  const [state, setState] = useState("");
  const step = stepFor(range);
  const past = usePast(series, range, step);
  const isLong = step !== undefined;
  const list = useSeriesList(); // a new snapshot has the newest readings only
  const key = rangeKey(range);
  useEffect(() => {
    if (isLong) return undefined;
    const { from } = boundsOf(rangeFrom(new URLSearchParams(key)), live.hubNow());
    const loading = new AbortController();
    const done = (text: string) => {
      if (!loading.signal.aborted) setState(text);
    };
    const told = window.setTimeout(() => done("loading earlier readings"), 300);
    loadHistory(ports, series, from, loading.signal)
      .then(
        () => done(""),
        (error: unknown) => done(`earlier readings: ${error instanceof Error ? error.message : "no answer"}`),
      )
      .finally(() => window.clearTimeout(told));
    return () => {
      window.clearTimeout(told);
      loading.abort();
    };
  }, [ports, live, series, key, list, isLong]);
  return isLong ? past : state;
}

function rangeKey(range: Range): string {
  const params = Object.entries(rangeParams(range)).filter(([, value]) => value !== null) as [
    string,
    string,
  ][];
  return new URLSearchParams(params).toString();
}

function DeleteMetric({ series }: { series: Series }) {
  const { ports } = useHub();
  const { params } = useRoute();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Delete metric
      </button>
      {isAsking && (
        <Dialog title={`Delete ${visible(series.name)}?`} onClose={() => setAsking(false)}>
          <p className="hint">
            The metric and all of its readings are deleted on the hub. This cannot be undone.
          </p>
          <HubForm
            submitLabel="Delete"
            send={() => deleteMetric(ports, series.id)}
            onDone={() => {
              window.location.hash = linkTo("/", params);
            }}
          >
            {() => null}
          </HubForm>
        </Dialog>
      )}
    </>
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
