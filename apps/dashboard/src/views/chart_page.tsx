import { useState } from "react";

import { dashOf, MOST_SERIES } from "../charts/dashes";
import { SeveralChart } from "../charts/time_chart";
import { stepToFill } from "../data/pasts";
import { boundsOf, type Range } from "../data/range";
import type { Series } from "../data/series";
import { formatSpan } from "../format/times";
import { visible } from "../format/texts";
import { linkTo } from "../route";
import {
  changeParams,
  useConnection,
  usePast,
  useRange,
  useRoute,
  useSeries,
  useSeriesList,
} from "../ui/hooks";
import { useHub } from "../ui/hub";
import { ChartTools } from "./chart_tools";
import { Change, Figures, Latest } from "./metric_card";
import { WindowChoice } from "./window_choice";
import { ZoomButtons } from "./zoom_buttons";

const MOST_OFFERED = 200;

/** Several metrics in one chart, with one legend. The address names them. */
export function ChartPage() {
  const { params } = useRoute();
  const range = useRange();
  const all = useSeriesList();
  const connection = useConnection();
  const names = params.getAll("m");
  const found = names.flatMap((name) => all.find((series) => series.name === name) ?? []);
  const shown = found.slice(0, MOST_SERIES);
  const missing = names.filter((name) => !all.some((series) => series.name === name));
  const isOwn = params.has("own");
  const { from, to } = boundsOf(range, 0);
  return (
    <section className="several">
      <h1 tabIndex={-1} className="unseen">
        Chart
      </h1>
      <div className="toolbar">
        <AddMetric all={all} names={names} isFull={shown.length >= MOST_SERIES} />
        <button
          type="button"
          aria-pressed={isOwn}
          title="Each metric fills the height of the chart"
          onClick={() => changeParams({ own: isOwn ? null : "1" })}
        >
          Own scales
        </button>
        <ZoomButtons range={range} />
        <ChartTools shown={shown} range={range} />
        <WindowChoice range={range} series={shown} />
      </div>
      {shown.length === 0 ? (
        <p className="nothing">
          {connection.phase === "loading" ? "Loading …" : "Add the metrics that belong in one chart."}
        </p>
      ) : (
        <SeveralChart
          all={shown}
          isOwn={isOwn}
          range={range}
          axes
          label={`Chart of ${shown.map(({ name }) => visible(name)).join(", ")} over ${formatSpan(to - from)}`}
        />
      )}
      {shown.length > 0 && (
        <ul className="legend" aria-label="Metrics in the chart">
          {shown.map((series, index) => (
            <LegendRow key={series.id} series={series} index={index} range={range} names={names} />
          ))}
        </ul>
      )}
      {connection.phase === "live" && missing.length > 0 && (
        <p className="hint">
          The hub has no metric {missing.map((name) => `“${visible(name)}”`).join(", ")}.{" "}
          <button
            type="button"
            onClick={() => changeParams({ m: names.filter((name) => !missing.includes(name)) })}
          >
            Leave out
          </button>
        </p>
      )}
    </section>
  );
}

interface AddMetricProps {
  all: readonly Series[];
  names: readonly string[];
  isFull: boolean;
}

/** A field that completes the names of metrics. */
function AddMetric({ all, names, isFull }: AddMetricProps) {
  const [text, setText] = useState("");
  const open = all.filter(({ name }) => !names.includes(name));
  const add = (name: string) => {
    setText("");
    changeParams({ m: [...names, name] });
  };
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const offered = open.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return (
    <>
      <input
        type="search"
        id="search"
        list="metric-names"
        value={text}
        disabled={isFull}
        placeholder={isFull ? `${MOST_SERIES} metrics are as many as can be told apart` : "Add a metric"}
        aria-label="Add a metric"
        aria-keyshortcuts="/"
        onChange={(event) => {
          const { value } = event.target;
          // What is chosen from the list comes whole, and not as what is typed.
          const { inputType } = event.nativeEvent as Partial<InputEvent>;
          const isChosen = inputType === undefined || inputType === "insertReplacementText";
          const chosen = isChosen && open.find(({ name }) => visible(name) === value);
          if (chosen) add(chosen.name);
          else setText(value);
        }}
        onKeyDown={(event) => {
          const wanted = open.find(({ name }) => visible(name) === text) ?? offered[0];
          if (event.key === "Enter" && text !== "" && wanted) add(wanted.name);
        }}
      />
      <datalist id="metric-names">
        {offered.slice(0, MOST_OFFERED).map(({ id, name }) => (
          <option key={id} value={visible(name)} />
        ))}
      </datalist>
    </>
  );
}

interface LegendRowProps {
  series: Series;
  index: number;
  range: Range;
  names: readonly string[];
}

function LegendRow({ series, index, range, names }: LegendRowProps) {
  const { params } = useRoute();
  const { theme } = useHub();
  const now = useSeries(series);
  const state = usePast(series, range, stepToFill(range, series, now));
  const { from, to } = boundsOf(range, now);
  const summary = series.summary(from, to);
  return (
    <li>
      <svg className="swatch" viewBox="0 0 28 8" aria-hidden="true">
        <line
          x1="0"
          x2="28"
          y1="4"
          y2="4"
          style={{ stroke: `var(--series-${index + 1})` }}
          strokeDasharray={dashOf(index, theme.isForced).join(" ")}
        />
      </svg>
      <a href={linkTo(`/metrics/${series.id}`, params)}>
        <bdi>{visible(series.name)}</bdi>
      </a>
      <Latest series={series} range={range} summary={summary} now={now} />
      <Change summary={summary} series={series} />
      <Figures summary={summary} series={series} />
      {state !== "" && <span className="hint">{state}</span>}
      <button
        type="button"
        className="icon"
        aria-label={`Take ${visible(series.name)} out of the chart`}
        onClick={() => changeParams({ m: names.filter((name) => name !== series.name) })}
      >
        ✕
      </button>
    </li>
  );
}
