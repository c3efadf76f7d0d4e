import uPlot from "uplot";

import { boundsOf, type Range } from "../data/range";
import type { Series } from "../data/series";
import { formatValue } from "../format/numbers";
import { formatClock, formatExactTime } from "../format/times";
import type { Drawable } from "./chart_loop";
import { ticks, valueRange } from "./scales";
import type { ChartTheme } from "./theme";

export interface ChartOptions {
  axes: boolean;
  theme: ChartTheme;
  hubNow: () => number;
  /** Somebody marked a span of time. */
  zoom: (from: number, to: number) => void;
  /** Somebody wants to see everything again. */
  reset: () => void;
}

const SHORTEST_BETWEEN_DRAWINGS = 33;

// A chart is moved when it would move by so much of a pixel: more often nobody could see.
const PIXELS_PER_STEP = 0.25;

// The right edge is one reading behind, so that the newest one slides in instead of jumping; but no more than this.
const LONGEST_LAG = 2_000;

// Readings further apart than so many periods are not joined by a line, if the hole is wide enough to be seen.
const BREAK_PERIODS = 4;
const BREAK_PIXELS = 6;

const TICK_SPACE = 44;

/** One metric over time, on a canvas. */
export class SeriesChart implements Drawable {
  private readonly plot: uPlot;
  private readonly resizing: ResizeObserver;
  private readonly stopTheme: () => void;
  private range: Range = { kind: "live", span: 60_000 };
  private drawnVersion = -1;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private dirty = true;

  constructor(
    readonly element: HTMLElement,
    private readonly readout: HTMLElement,
    private readonly series: Series,
    private readonly options: ChartOptions,
    private readonly wake: () => void,
  ) {
    this.plot = new uPlot(this.plotOptions(), [[], []], element);
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(element);
    this.stopTheme = options.theme.changed.subscribe(() => this.touch());
  }

  destroy(): void {
    this.stopTheme();
    this.resizing.disconnect();
    this.plot.destroy();
  }

  show(range: Range): void {
    this.range = range;
    this.touch();
  }

  dueAt(): number {
    if (this.dirty) return 0;
    const soonest = this.drawnAt + SHORTEST_BETWEEN_DRAWINGS;
    if (this.series.version !== this.drawnVersion) return soonest;
    if (this.range.kind === "fixed") return Number.POSITIVE_INFINITY;
    const step = (this.range.span / Math.max(1, this.plot.width * devicePixelRatio)) * PIXELS_PER_STEP;
    return Math.max(soonest, this.drawnAt + step);
  }

  draw(): void {
    const now = this.options.hubNow();
    const lag = this.range.kind === "live" ? Math.min(this.series.period, LONGEST_LAG) : 0;
    const { from, to } = boundsOf(this.range, now - lag);
    const { times, values } = this.series.readings;
    this.plot.batch(() => {
      this.plot.setData([times, values], false);
      this.plot.setScale("x", { min: from, max: to });
    });
    this.drawnVersion = this.series.version;
    this.drawnAt = Date.now();
    this.dirty = false;
  }

  private touch(): void {
    this.dirty = true;
    this.wake();
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width > 0 && height > 0) this.plot.setSize({ width, height });
    this.touch();
  }

  private plotOptions(): uPlot.Options {
    const { theme, axes } = this.options;
    return {
      width: Math.max(1, this.element.clientWidth),
      height: Math.max(1, this.element.clientHeight),
      ms: 1,
      pxAlign: 0,
      legend: { show: false },
      padding: axes ? [8, 8, 0, 0] : [3, 0, 3, 0],
      scales: {
        x: { time: true, auto: false },
        y: { range: (_plot, min, max) => valueRange(min, max) },
      },
      axes: axes ? [this.timeAxis(), this.valueAxis()] : [{ show: false }, { show: false }],
      series: [
        {},
        {
          stroke: () => theme.line,
          fill: () => theme.fill,
          fillTo: (plot) => plot.scales.y?.min ?? 0,
          width: theme.lineWidth,
          pxAlign: 0,
          spanGaps: false,
          gaps: (plot, _series, first, last) => this.breaks(plot, first, last),
          // Dots only where they stay apart, above all for the one reading that makes no line yet.
          points: { size: 4, show: (plot, _series, first, last) => last - first < plot.width / 40 },
        },
      ],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => (this.options.reset(), null) },
      },
      hooks: {
        setCursor: [(plot) => this.read(plot)],
        setSelect: [(plot) => this.select(plot)],
      },
    };
  }

  private timeAxis(): uPlot.Axis {
    const { theme } = this.options;
    return {
      stroke: () => theme.text,
      font: theme.font,
      grid: { stroke: () => theme.grid, width: 1 },
      ticks: { show: false },
      size: 30,
      space: 90,
      values: (_plot, splits) => splits.map((time) => formatClock(time, this.options.hubNow())),
    };
  }

  private valueAxis(): uPlot.Axis {
    const { theme } = this.options;
    return {
      stroke: () => theme.text,
      font: theme.font,
      grid: { stroke: () => theme.grid, width: 1 },
      ticks: { show: false },
      size: 76,
      splits: (plot, _axis, min, max) => ticks(min, max, plot.height / TICK_SPACE),
      values: (_plot, splits) => splits.map(formatValue),
    };
  }

  private breaks(plot: uPlot, first: number, last: number): [number, number][] {
    const found: [number, number][] = [];
    if (this.series.period <= 0) return found;
    const { min = 0, max = 0 } = plot.scales.x ?? {};
    const seen = ((max - min) / Math.max(1, plot.width)) * BREAK_PIXELS;
    const longest = Math.max(seen, this.series.period * BREAK_PERIODS);
    const times = plot.data[0];
    for (let index = first; index < last; index += 1) {
      const here = times[index] ?? 0;
      const next = times[index + 1] ?? 0;
      if (next - here > longest) found.push([plot.valToPos(here, "x", true), plot.valToPos(next, "x", true)]);
    }
    return found;
  }

  // Directly, not through React: it changes with every move of the mouse.
  private read(plot: uPlot): void {
    const index = plot.cursor.idx;
    const inside = (plot.cursor.left ?? -1) >= 0;
    const time = index == null ? undefined : plot.data[0][index];
    const value = index == null ? undefined : plot.data[1]?.[index];
    if (!inside || time === undefined || value == null) {
      this.readout.textContent = "";
    } else {
      this.readout.textContent = `${String(value)} at ${formatExactTime(time, this.options.hubNow())}`;
    }
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.options.zoom(Math.floor(plot.posToVal(left, "x")), Math.ceil(plot.posToVal(left + width, "x")));
  }
}
