import { useEffect, useRef, useSyncExternalStore } from "react";

import type { Range } from "../data/range";
import type { Series } from "../data/series";
import { linkTo, parseRoute } from "../route";
import { backToLive, showRange, useSteady } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { ManySeries } from "./many_series";
import { OneSeries } from "./one_series";
import { PlotChart } from "./plot_chart";

interface PlotProps {
  range: Range;
  axes?: boolean;
  label: string;
  /** What to say in the place of a line; empty: there is one. */
  empty?: string;
}

/** A chart of one metric. */
export function TimeChart({ series, ...rest }: PlotProps & { series: Series }) {
  return <Plot key={series.id} all={[series]} isMany={false} isOwn={false} {...rest} />;
}

interface SeveralChartProps extends PlotProps {
  all: readonly Series[];
  /** Each metric fills the height of the chart. */
  isOwn: boolean;
}

/** Several metrics in one chart. */
export function SeveralChart(props: SeveralChartProps) {
  return <Plot isMany {...props} />;
}

/** A chart that lives as long as its metrics are shown: React makes its place, the chart loop draws it. */
function Plot(props: SeveralChartProps & { isMany: boolean }) {
  const { all, isMany, isOwn, range, axes = false, label, empty = "" } = props;
  const { live, charts, theme, marks, limits } = useHub();
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const chart = useRef<PlotChart>(undefined);
  const current = useRef(range);
  const shown = useSteady(all);
  // A chart has the letters that it was made with: in another window they have another size.
  const font = useSyncExternalStore(theme.changed.subscribe, () => theme.font);

  useEffect(() => {
    const [only] = shown;
    if (!place.current || !readout.current || !only) return undefined;
    const subject = isMany ? new ManySeries(shown, theme, isOwn) : new OneSeries(only, theme, limits);
    const options = {
      axes,
      theme,
      marks,
      hubNow: () => live.hubNow(),
      zoom: (range: Range) => showRange(range),
      reset: backToLive,
      openEvent: (id: string) => {
        window.location.hash = linkTo(`/events/${id}`, parseRoute(window.location.hash).params);
      },
    };
    const made = new PlotChart(place.current, readout.current, subject, options, () => charts.wake());
    made.show(current.current);
    chart.current = made;
    const remove = charts.add(made);
    const stop = limits.changed.subscribe(() => made.touch());
    return () => {
      stop();
      remove();
      made.destroy();
      chart.current = undefined;
    };
  }, [shown, isMany, isOwn, axes, live, charts, theme, font, marks, limits]);

  // A range is a new object each time it is read from the address.
  const { kind } = range;
  const from = range.kind === "live" ? range.span : range.from;
  const to = range.kind === "live" ? 0 : range.to;
  useEffect(() => {
    current.current = kind === "live" ? { kind, span: from } : { kind, from, to };
    chart.current?.show(current.current);
  }, [kind, from, to]);

  return (
    <div className={axes ? "chart with-axes" : "chart"}>
      <div ref={place} className="canvas" role="img" aria-label={label} />
      <p ref={readout} className="readout" aria-hidden="true" />
      {empty !== "" && <p className="is-empty">{empty}</p>}
    </div>
  );
}
