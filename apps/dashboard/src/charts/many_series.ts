import type uPlot from "uplot";

import type { Series } from "../data/series";
import { formatQuantity, scaleFor, unitOf } from "../format/quantities";
import { formatExactTime } from "../format/times";
import { visible } from "../format/texts";
import { dashOf } from "./dashes";
import { columns, extent, nearest } from "./lines";
import type { Subject } from "./plot_chart";
import { DRAWABLE, valueRange } from "./scales";
import type { ChartTheme } from "./theme";

// As in a chart of one metric.
const BREAK_PERIODS = 4;
const BREAK_STEPS = 3;
const BREAK_PIXELS = 6;

/**
 * Several metrics, each with its own times: uPlot has the axes and the cursor, and the lines are drawn here. The metrics
 * have one scale, or (`isOwn`) each fills the height of the chart.
 */
export class ManySeries implements Subject {
  private from = 0;
  private to = 1;

  constructor(
    private readonly all: readonly Series[],
    private readonly theme: ChartTheme,
    private readonly isOwn: boolean,
  ) {}

  get version(): number {
    return this.all.reduce((sum, { version }) => sum + version, 0);
  }

  get period(): number {
    return Math.max(0, ...this.all.map(({ period }) => period));
  }

  lines(): uPlot.Series[] {
    return [{ show: true, points: { show: false }, paths: () => null }];
  }

  data(from: number, to: number): uPlot.AlignedData {
    this.from = from;
    this.to = to;
    // The cursor stops at these times: it needs some, and all charts of a page have the same crosshair anyway.
    return [
      [from, to],
      [null, null],
    ];
  }

  valueRange(): [number, number] {
    if (this.isOwn) return [0, 1];
    const found = this.all.flatMap(({ points }) => extent(points, this.from, this.to) ?? []);
    if (found.length === 0) return valueRange(null, null);
    return valueRange(Math.min(...found), Math.max(...found));
  }

  labels(splits: number[]): string[] {
    if (this.isOwn) return splits.map(() => "");
    const step = (splits[1] ?? 0) - (splits[0] ?? 0);
    const units = new Set(this.all.map(unitOf));
    const scale = scaleFor(
      splits[0] ?? 0,
      splits.at(-1) ?? 0,
      step,
      units.size === 1 ? ([...units][0] ?? "") : "",
    );
    return splits.map((value) => formatQuantity(value, scale));
  }

  drawOver(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = this.theme.lineWidth * 1.3 * devicePixelRatio;
    ctx.lineJoin = "round";
    for (const [index, series] of this.all.entries()) this.drawLine(plot, series, index);
    ctx.restore();
  }

  readout(plot: uPlot, now: number): string {
    const time = plot.posToVal(plot.cursor.left ?? 0, "x");
    const lines = this.all.flatMap((series) => {
      const { points } = series;
      const index = nearest(points, time);
      return index < 0 ? [] : [`${visible(series.name)}: ${String(points.values[index])}`];
    });
    return [formatExactTime(Math.round(time), now), ...lines].join("\n");
  }

  private drawLine(plot: uPlot, series: Series, index: number): void {
    const { ctx } = plot;
    const { points } = series;
    const gap = Math.max(
      ((this.to - this.from) / Math.max(1, plot.width)) * BREAK_PIXELS,
      series.period > 0 ? series.period * BREAK_PERIODS : Number.POSITIVE_INFINITY,
      (series.past?.step ?? 0) * BREAK_STEPS,
    );
    const place = this.placed(plot, series);
    ctx.strokeStyle = this.theme.lines[index] ?? this.theme.line;
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash(dashOf(index, this.theme.isForced).map((length) => length * devicePixelRatio));
    ctx.beginPath();
    const found = columns(points, this.from, this.to, gap, (time) => plot.valToPos(time, "x", true));
    for (const { x, first, low, high, last, isBegin } of found) {
      if (isBegin) ctx.moveTo(x, place(first));
      else ctx.lineTo(x, place(first));
      if (low !== high) for (const value of [low, high, last]) ctx.lineTo(x, place(value));
    }
    ctx.stroke();
    const [only] = found;
    if (only && found.length === 1) {
      ctx.beginPath();
      ctx.arc(only.x, place(only.last), 2.5 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.fill();
    }
  }

  private placed(plot: uPlot, { points }: Series): (value: number) => number {
    const place = (value: number) => plot.valToPos(Math.min(DRAWABLE, Math.max(-DRAWABLE, value)), "y", true);
    if (!this.isOwn) return place;
    const found = extent(points, this.from, this.to);
    const [low, high] = valueRange(found?.[0] ?? null, found?.[1] ?? null);
    return (value) => place((value - low) / (high - low));
  }
}
