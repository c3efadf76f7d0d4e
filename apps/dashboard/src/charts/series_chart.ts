import uPlot from "uplot";

import { boundsOf, type Range } from "../data/range";
import type { Series } from "../data/series";
import { formatQuantity, scaleFor, unitOf } from "../format/quantities";
import { axisLabels, formatExactTime } from "../format/times";
import type { Drawable } from "./chart_loop";
import { DRAWABLE, ticks, timeRange, valueRange } from "./scales";
import type { ChartTheme } from "./theme";

export interface ChartOptions {
  axes: boolean;
  theme: ChartTheme;
  hubNow: () => number;
  /** A span of time was marked. */
  zoom: (from: number, to: number) => void;
  /** Everything is wanted again. */
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

const SHRINK = 16;

// Of a digit, of the height of its font.
const LETTER_WIDTH = 0.62;

/** One metric over time, on a canvas. */
export class SeriesChart implements Drawable {
  private readonly plot: uPlot;
  private readonly resizing: ResizeObserver;
  private readonly stopTheme: () => void;
  private range: Range = { kind: "live", span: 60_000 };
  private drawnVersion = -1;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private dirty = true;
  /** Differences of the largest doubles are no doubles: these are drawn divided by so much. */
  private shrunk = 1;

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
    if (this.range.kind === "fixed" || this.options.theme.isStill) return Number.POSITIVE_INFINITY;
    const step = (this.range.span / Math.max(1, this.plot.width * devicePixelRatio)) * PIXELS_PER_STEP;
    return Math.max(soonest, this.drawnAt + step);
  }

  draw(): void {
    const now = this.options.hubNow();
    const lag = this.range.kind === "live" ? Math.min(this.series.period, LONGEST_LAG) : 0;
    const { from, to } = boundsOf(this.range, now - lag);
    const { times, values } = this.series.readings;
    this.shrunk = this.series.largest > DRAWABLE ? SHRINK : 1;
    const shown = this.shrunk === 1 ? values : values.map((value) => value / this.shrunk);
    this.plot.batch(() => {
      this.plot.setData([times, shown], false);
      this.plot.setScale("x", timeRange(from, to));
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
      padding: axes ? [8, 36, 0, 0] : [3, 0, 3, 0],
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
      size: (_plot, values: string[] | null) =>
        (values?.some((text) => text.includes("\n")) ? 3.6 : 2.4) * theme.letter,
      space: 90,
      values: (_plot, splits) => axisLabels(splits, this.options.hubNow()),
    };
  }

  private valueAxis(): uPlot.Axis {
    const { theme } = this.options;
    return {
      stroke: () => theme.text,
      font: theme.font,
      grid: { stroke: () => theme.grid, width: 1 },
      ticks: { show: false },
      size: (_plot, values: string[] | null) => {
        const longest = Math.max(4, ...(values ?? []).map((text) => text.length));
        return Math.ceil(longest * theme.letter * LETTER_WIDTH) + 14;
      },
      splits: (plot, _axis, min, max) => ticks(min, max, plot.height / TICK_SPACE),
      // uPlot's own end at 1e32, and without one it draws no labels.
      incrs: (_plot, _axis, min, max) => [(max - min) / 1e3, max - min],
      values: (_plot, splits) => this.valueLabels(splits),
    };
  }

  private valueLabels(splits: number[]): string[] {
    const values = splits.map((split) => split * this.shrunk);
    const step = (values[1] ?? 0) - (values[0] ?? 0);
    const scale = scaleFor(values[0] ?? 0, values.at(-1) ?? 0, step, unitOf(this.series.name));
    return values.map((value) => formatQuantity(value, scale));
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
      this.readout.textContent = `${String(value * this.shrunk)} at ${formatExactTime(time, this.options.hubNow())}`;
    }
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.options.zoom(Math.floor(plot.posToVal(left, "x")), Math.ceil(plot.posToVal(left + width, "x")));
  }
}
