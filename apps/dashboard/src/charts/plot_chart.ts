import uPlot from "uplot";

import type { MarkBook } from "../data/marks";
import { boundsOf, type Range } from "../data/range";
import { labelOverhang, timeAxis, valueAxis } from "./axes";
import type { Drawable } from "./chart_loop";
import { drawMarks, markAt, markText } from "./marks";
import { timeRange } from "./scales";
import type { ChartTheme } from "./theme";

/** What a chart is about. */
export interface Subject {
  /** Grows with every change. */
  readonly version: number;
  /** How far apart readings are promised, in milliseconds. */
  readonly period: number;
  lines(): uPlot.Series[];
  data(from: number, to: number): uPlot.AlignedData;
  valueRange(plot: uPlot, min: number | null, max: number | null): [number, number];
  labels(splits: number[]): string[];
  /** Under the lines, and under the marks. */
  drawUnder?(plot: uPlot): void;
  /** On top of what uPlot has drawn. */
  drawOver(plot: uPlot): void;
  /** What is at the cursor, for people. */
  readout(plot: uPlot, now: number): string;
}

export interface ChartOptions {
  axes: boolean;
  theme: ChartTheme;
  marks: MarkBook;
  hubNow: () => number;
  /** A span of time was marked. */
  zoom: (range: Range) => void;
  /** Everything is wanted again. */
  reset: () => void;
  /** The event with this id is wanted. */
  openEvent: (id: string) => void;
}

const SHORTEST_BETWEEN_DRAWINGS = 33;

// Of a day a reading is less than a pixel: it may wait a second.
const LONGEST_BETWEEN_DRAWINGS = 1_000;

// A chart is moved when it would move by so much of a pixel: more often could not be seen.
const PIXELS_PER_STEP = 0.25;

// The right edge is one reading behind, so that the newest one slides in instead of jumping; but no more than this.
const LONGEST_LAG = 2_000;

/** Metrics over time, on a canvas. All charts of a page have one crosshair. */
export class PlotChart implements Drawable {
  private readonly plot: uPlot;
  private readonly resizing: ResizeObserver;
  private readonly stops: (() => void)[];
  private isDestroyed = false;
  private range: Range = { kind: "live", span: 60_000 };
  private drawnVersion = -1;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private dirty = true;

  constructor(
    readonly element: HTMLElement,
    private readonly readout: HTMLElement,
    private readonly subject: Subject,
    private readonly options: ChartOptions,
    private readonly wake: () => void,
  ) {
    this.plot = new uPlot(this.plotOptions(), [[], []], element);
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(element);
    const touch = () => this.touch();
    this.stops = [options.theme.changed.subscribe(touch), options.marks.changed.subscribe(touch)];
    this.followGestures().catch(() => undefined); // a hub that is away has no scripts: there are the keys
    this.plot.over.addEventListener("click", () => {
      const mark = markAt(this.plot, options.marks.list);
      if (mark) options.openEvent(mark.id);
    });
  }

  destroy(): void {
    this.isDestroyed = true;
    for (const stop of this.stops) stop();
    this.resizing.disconnect();
    this.plot.destroy();
  }

  show(range: Range): void {
    this.range = range;
    this.touch();
  }

  dueAt(): number {
    if (this.dirty) return 0;
    const span = this.range.kind === "live" ? this.range.span : this.range.to - this.range.from;
    const step = (span / Math.max(1, this.plot.width * devicePixelRatio)) * PIXELS_PER_STEP;
    const soonest =
      this.drawnAt + Math.min(LONGEST_BETWEEN_DRAWINGS, Math.max(SHORTEST_BETWEEN_DRAWINGS, step));
    if (this.subject.version !== this.drawnVersion) return soonest;
    if (this.range.kind === "fixed" || this.options.theme.isStill) return Number.POSITIVE_INFINITY;
    return Math.max(soonest, this.drawnAt + step);
  }

  draw(): void {
    const now = this.options.hubNow();
    const lag = this.range.kind === "live" ? Math.min(this.subject.period, LONGEST_LAG) : 0;
    const { from, to } = boundsOf(this.range, now - lag);
    this.plot.batch(() => {
      this.plot.setData(this.subject.data(from, to), false);
      this.plot.setScale("x", timeRange(from, to));
    });
    this.drawnVersion = this.subject.version;
    this.drawnAt = Date.now();
    this.dirty = false;
  }

  touch(): void {
    this.dirty = true;
    this.wake();
  }

  // Not part of the first script.
  private async followGestures(): Promise<void> {
    const { followGestures } = await import("./gestures");
    if (this.isDestroyed) return;
    const stop = followGestures({
      place: this.element,
      area: this.plot.over,
      hubNow: this.options.hubNow,
      bounds: () => ({ from: this.plot.scales.x?.min ?? 0, to: this.plot.scales.x?.max ?? 1 }),
      preview: (range) => this.show(range),
      commit: (range) => this.options.zoom(range),
    });
    this.stops.push(stop);
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width > 0 && height > 0) this.plot.setSize({ width, height });
    this.touch();
  }

  private plotOptions(): uPlot.Options {
    const { subject } = this;
    const { theme, axes, hubNow } = this.options;
    return {
      width: Math.max(1, this.element.clientWidth),
      height: Math.max(1, this.element.clientHeight),
      ms: 1,
      pxAlign: 0,
      legend: { show: false },
      padding: axes ? [8, labelOverhang(theme), 0, 0] : [3, 0, 3, 0],
      scales: {
        x: { time: true, auto: false },
        y: { range: (plot, min, max) => subject.valueRange(plot, min, max) },
      },
      axes: axes
        ? [timeAxis(theme, hubNow), valueAxis(theme, (splits) => subject.labels(splits))]
        : [{ show: false }, { show: false }],
      series: [{}, ...subject.lines()],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => (this.options.reset(), null) },
        sync: {
          key: "page",
          scales: ["x", null],
          setSeries: false,
          // Where the pointer is, and no more: a span is marked on one chart.
          filters: {
            pub: (type, plot) => type === "mouseleave" || (type === "mousemove" && plot.select.width === 0),
          },
        },
      },
      hooks: {
        drawAxes: [
          (plot) => {
            subject.drawUnder?.(plot);
            drawMarks(plot, this.options.marks.list, theme);
          },
        ],
        draw: [(plot) => subject.drawOver(plot)],
        setCursor: [(plot) => this.read(plot)],
        setSelect: [(plot) => this.select(plot)],
      },
    };
  }

  // Directly, not through React: it changes with every move of the mouse.
  private read(plot: uPlot): void {
    const isInside = (plot.cursor.left ?? -1) >= 0;
    const mark = markAt(plot, this.options.marks.list);
    const now = this.options.hubNow();
    plot.over.classList.toggle("at-mark", mark !== undefined);
    this.readout.textContent = mark ? markText(mark, now) : isInside ? this.subject.readout(plot, now) : "";
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const from = Math.floor(plot.posToVal(left, "x"));
    this.options.zoom({ kind: "fixed", from, to: Math.ceil(plot.posToVal(left + width, "x")) });
  }
}
