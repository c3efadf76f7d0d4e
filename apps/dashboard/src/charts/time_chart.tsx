import { useEffect, useRef } from "react";

import { type Range, rangeParams } from "../data/range";
import type { Series } from "../data/series";
import { changeParams } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { SeriesChart } from "./series_chart";

interface TimeChartProps {
  series: Series;
  range: Range;
  axes?: boolean;
  label: string;
}

/** A chart that lives as long as its series is shown: React makes its place, the chart loop draws it. */
export function TimeChart({ series, range, axes = false, label }: TimeChartProps) {
  const { live, charts, theme } = useHub();
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const chart = useRef<SeriesChart>(undefined);
  const current = useRef(range);

  useEffect(() => {
    if (!place.current || !readout.current) return undefined;
    const options = {
      axes,
      theme,
      hubNow: () => live.hubNow(),
      zoom: (from: number, to: number) => changeParams(rangeParams({ kind: "fixed", from, to })),
      reset: () => changeParams({ from: null, to: null }),
    };
    const made = new SeriesChart(place.current, readout.current, series, options, () => charts.wake());
    made.show(current.current);
    chart.current = made;
    const remove = charts.add(made);
    return () => {
      remove();
      made.destroy();
      chart.current = undefined;
    };
  }, [series, axes, live, charts, theme]);

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
    </div>
  );
}
