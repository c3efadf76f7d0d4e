import { type ReactNode, useEffect, useState } from "react";

import { TimeChart } from "../charts/time_chart";
import { loadHistory, loadSpan } from "../data/history";
import { isLongAgo, stepFor } from "../data/pasts";
import { boundsOf, type Range, rangeFrom, rangeParams } from "../data/range";
import type { Series } from "../data/series";
import { deleteMetric } from "../data/writes";
import { formatCount, formatRate } from "../format/numbers";
import { formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { changedHash, linkTo } from "../route";
import { Dialog } from "../ui/dialog";
import { useConnection, useLimits, usePast, useRange, useRoute, useSeries, useSeriesList } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { HubForm } from "../ui/hub_form";
import { AddReading } from "./add_reading";
import { Change, Figures, Latest, Rhythm } from "./metric_card";
import { ChartTools } from "./chart_tools";
import { MetricLimits } from "./metric_limits";
import { ReadingsTable } from "./readings_table";
import { WindowChoice } from "./window_choice";
import { ZoomButtons } from "./zoom_buttons";

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
  const range = useRange();
  const now = useSeries(series);
  const { from, to } = boundsOf(range, now);
  const { shown, state: history } = useHistory(series, range);
  const summary = shown.summary(from, to);
  const broken = useLimits().broken(series.name, series.latest(now)?.value);
  const { params } = useRoute();

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
        <Change summary={summary} series={series} />
        <Figures summary={summary} series={series} />
        <dl className="card-summary">
          <div>
            <dt>readings</dt>
            <dd>{formatCount(summary?.count ?? 0)}</dd>
          </div>
          <div>
            <dt title="Readings per second, as they really came">per second</dt>
            <dd>{observedRate(shown, from, to)}</dd>
          </div>
        </dl>
      </div>
      <div className="toolbar">
        <ZoomButtons range={range} />
        <p className="count" role="status">
          {history}
        </p>
        <a className="button" href={changedHash(linkTo("/chart", params), { m: compared(params, series) })}>
          In one chart with others
        </a>
        <ChartTools shown={[series]} range={range} />
        <WindowChoice range={range} series={[series]} />
      </div>
      <TimeChart
        series={shown}
        range={range}
        axes
        label={`Chart of ${visible(series.name)} over ${formatSpan(to - from)}; drag over it to zoom`}
      />
      <div className="metric-columns">
        <ReadingsTable series={shown} from={from} to={to} now={now} />
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

/**
 * Loads what the window has of readings before those of the page. `shown` has them, and is the metric itself unless the
 * window ended before them all; `state` is what to say about it.
 */
function useHistory(series: Series, range: Range): { shown: Series; state: string } {
  const { ports, live } = useHub();
  const [state, setState] = useState("");
  const [span, setSpan] = useState<{ key: string; series: Series }>();
  const step = stepFor(range);
  const past = usePast(series, range, step);
  const isLong = step !== undefined;
  const isAlone = !isLong && isLongAgo(range, series);
  const list = useSeriesList(); // a new snapshot has the newest readings only
  const key = rangeKey(range);
  useEffect(() => {
    if (isLong) return undefined;
    const { from, to } = boundsOf(rangeFrom(new URLSearchParams(key)), live.hubNow());
    const loading = new AbortController();
    const { signal } = loading;
    const done = (text: string) => {
      if (!signal.aborted) setState(text);
    };
    const told = window.setTimeout(() => done("loading earlier readings"), 300);
    const loaded = isAlone
      ? loadSpan(ports, series, from, to + 1, signal).then((found) => {
          if (!signal.aborted) setSpan({ key, series: found });
        })
      : loadHistory(ports, series, from, signal);
    loaded
      .then(
        () => done(""),
        (error: unknown) => done(`earlier readings: ${error instanceof Error ? error.message : "no answer"}`),
      )
      .finally(() => window.clearTimeout(told));
    return () => {
      window.clearTimeout(told);
      loading.abort();
    };
  }, [ports, live, series, key, list, isLong, isAlone]);
  const shown = isAlone && span?.key === key && span.series.id === series.id ? span.series : series;
  return { shown, state: isLong ? past : state };
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

function observedRate(series: Series, from: number, to: number): string {
  const begin = series.readings.indexAt(from);
  const count = series.readings.indexAt(to) - begin;
  if (count < 2) return "–";
  const span = series.readings.timeAt(begin + count - 1) - series.readings.timeAt(begin);
  return span > 0 ? formatRate(((count - 1) * 1_000) / span) : "–";
}
