import type uPlot from "uplot";

import type { Level, Limits } from "../data/limits";
import type { ChartTheme } from "./theme";

/** Values that are beyond a limit: from `low` to `high`, either of which may be infinite. */
export interface Zone {
  level: Level;
  /** The limit, which is the end of the zone that is nearer to good values. */
  limit: number;
  low: number;
  high: number;
}

/** An amber zone ends where the red one begins. */
export function zonesOf({ warnAbove, above, warnBelow, below }: Limits): Zone[] {
  const zones: Zone[] = [];
  const add = (
    level: Level,
    limit: number | undefined,
    low: number | undefined,
    high: number | undefined,
  ) => {
    if (limit !== undefined && low !== undefined && high !== undefined && low < high)
      zones.push({ level, limit, low, high });
  };
  add("warn", warnAbove, warnAbove, above ?? Number.POSITIVE_INFINITY);
  add("bad", above, above, Number.POSITIVE_INFINITY);
  add("warn", warnBelow, below ?? Number.NEGATIVE_INFINITY, warnBelow);
  add("bad", below, Number.NEGATIVE_INFINITY, below);
  return zones;
}

// Light enough for a line to be seen on it.
const TINT = 0.09;

/** The zones beyond the limits, under the line of readings. `shrunk`: values are drawn divided by so much. */
export function drawZones(plot: uPlot, limits: Limits, theme: ChartTheme, shrunk: number): void {
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.globalAlpha = TINT;
  for (const { level, low, high } of zonesOf(limits)) {
    const upper = clamp(placeOf(plot, high / shrunk), bbox.top, bottom);
    const lower = clamp(placeOf(plot, low / shrunk), bbox.top, bottom);
    ctx.fillStyle = colourOf(level, theme);
    ctx.fillRect(bbox.left, upper, bbox.width, lower - upper);
  }
  ctx.restore();
}

/** The limits themselves, on top of the readings, where they can be seen. */
export function drawLimits(plot: uPlot, limits: Limits, theme: ChartTheme, shrunk: number): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const { level, limit } of zonesOf(limits)) {
    const top = placeOf(plot, limit / shrunk);
    if (!(top >= bbox.top && top <= bbox.top + bbox.height)) continue;
    ctx.strokeStyle = colourOf(level, theme);
    // The colours alone are not enough for all eyes.
    ctx.setLineDash((level === "bad" ? [6, 4] : [2, 3]).map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, top);
    ctx.lineTo(bbox.left + bbox.width, top);
    ctx.stroke();
  }
  ctx.restore();
}

function placeOf(plot: uPlot, value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  if (value === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return plot.valToPos(value, "y", true);
}

function colourOf(level: Level, theme: ChartTheme): string {
  return level === "bad" ? theme.bad : theme.warning;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
