import type uPlot from "uplot";

import type { LimitStore } from "../data/limits";
import type { Series } from "../data/series";
import { formatQuantity, scaleFor, unitOf } from "../format/quantities";
import { formatExactTime } from "../format/times";
import { drawLimits, drawZones } from "./limits";
import type { Subject } from "./plot_chart";
import { DRAWABLE, steadyRange } from "./scales";
import type { ChartTheme } from "./theme";

// Readings further apart than so many periods are not joined by a line, if the hole is wide enough to be seen.
const BREAK_PERIODS = 4;
const BREAK_STEPS = 3;
const BREAK_PIXELS = 6;

const SHRINK = 16;

/** One metric: a line, with a ground where its scale begins at zero, drawn by uPlot from the readings where they are. */
export class OneSeries implements Subject {
  /** The largest doubles have differences that are not finite: these are drawn divided by so much. */
  private shrunk = 1;
  /** Of the values, as it was drawn last. */
  private shown: [number, number] | undefined;

  constructor(
    private readonly series: Series,
    private readonly theme: ChartTheme,
    private readonly limits: LimitStore,
  ) {}

  get version(): number {
    return this.series.version;
  }

  get period(): number {
    return this.series.period;
  }

  lines(): uPlot.Series[] {
    const { theme } = this;
    return [
      {
        stroke: () => theme.line,
        // A ground that does not begin at zero would say that there is a zero.
        fill: (plot) => (plot.scales.y?.min === 0 ? theme.fill : "transparent"),
        fillTo: (plot) => plot.scales.y?.min ?? 0,
        width: theme.lineWidth,
        pxAlign: 0,
        spanGaps: false,
        gaps: (plot, _series, first, last) => this.breaks(plot, first, last),
        // Dots only where they stay apart, above all for the one reading that makes no line yet.
        points: { size: 4, show: (plot, _series, first, last) => last - first < plot.width / 40 },
      },
    ];
  }

  data(): uPlot.AlignedData {
    const { times, values } = this.series.points;
    this.shrunk = this.series.largest > DRAWABLE ? SHRINK : 1;
    return [times, this.shrunk === 1 ? values : values.map((value) => value / this.shrunk)];
  }

  valueRange(_plot: uPlot, min: number | null, max: number | null): [number, number] {
    this.shown = steadyRange(this.shown, min, max);
    return this.shown;
  }

  labels(splits: number[]): string[] {
    const values = splits.map((split) => split * this.shrunk);
    const step = (values[1] ?? 0) - (values[0] ?? 0);
    const scale = scaleFor(values[0] ?? 0, values.at(-1) ?? 0, step, unitOf(this.series));
    return values.map((value) => formatQuantity(value, scale));
  }

  drawUnder(plot: uPlot): void {
    const limits = this.limits.of(this.series.name);
    if (limits) drawZones(plot, limits, this.theme, this.shrunk);
  }

  drawOver(plot: uPlot): void {
    const limits = this.limits.of(this.series.name);
    if (limits) drawLimits(plot, limits, this.theme, this.shrunk);
  }

  readout(plot: uPlot, now: number): string {
    const index = plot.cursor.idx;
    const time = index == null ? undefined : plot.data[0][index];
    const value = index == null ? undefined : plot.data[1]?.[index];
    if (time === undefined || value == null) return "";
    return `${String(value * this.shrunk)} at ${formatExactTime(time, now)}`;
  }

  private breaks(plot: uPlot, first: number, last: number): [number, number][] {
    const found: [number, number][] = [];
    if (this.series.period <= 0) return found;
    const { min = 0, max = 0 } = plot.scales.x ?? {};
    const seen = ((max - min) / Math.max(1, plot.width)) * BREAK_PIXELS;
    const thinned = (this.series.past?.step ?? 0) * BREAK_STEPS;
    const longest = Math.max(seen, this.series.period * BREAK_PERIODS, thinned);
    const times = plot.data[0];
    for (let index = first; index < last; index += 1) {
      const here = times[index] ?? 0;
      const next = times[index + 1] ?? 0;
      if (next - here > longest) found.push([plot.valToPos(here, "x", true), plot.valToPos(next, "x", true)]);
    }
    return found;
  }
}
