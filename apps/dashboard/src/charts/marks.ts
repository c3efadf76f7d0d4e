import type uPlot from "uplot";

import type { Mark } from "../data/marks";
import { formatExactTime } from "../format/times";
import { beginning, visible } from "../format/texts";
import type { ChartTheme } from "./theme";

// How near a pointer is to a mark that is meant.
const NEAR_PIXELS = 7;
const MOST_LETTERS = 120;

/** Events as upright lines, under the lines of readings. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], theme: ChartTheme): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const top = bbox.top;
  ctx.save();
  ctx.strokeStyle = theme.mark;
  ctx.fillStyle = theme.mark;
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const { time } of marks) {
    const x = Math.round(plot.valToPos(time, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, top);
    ctx.lineTo(x + 4 * ratio, top);
    ctx.lineTo(x, top + 6 * ratio);
    ctx.fill();
  }
  ctx.restore();
}

/** The mark that the pointer is at; undefined: none. */
export function markAt(plot: uPlot, marks: readonly Mark[]): Mark | undefined {
  const left = plot.cursor.left ?? -1;
  if (left < 0) return undefined;
  let found: Mark | undefined;
  let least = NEAR_PIXELS;
  for (const mark of marks) {
    const distance = Math.abs(plot.valToPos(mark.time, "x") - left);
    if (distance > least) continue;
    least = distance;
    found = mark;
  }
  return found;
}

export function markText({ type, topic, data, time }: Mark, now: number): string {
  const what = topic === "" ? visible(type) : `${visible(type)} ${visible(topic)}`;
  return `${what} at ${formatExactTime(time, now)}\n${visible(beginning(data, MOST_LETTERS))}`;
}
