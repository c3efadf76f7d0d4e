import type uPlot from "uplot";

import { axisLabels } from "../format/times";
import { ticks } from "./scales";
import type { ChartTheme } from "./theme";

// Of the values' axis, in heights of a label.
const TICK_SPACE = 4;

// Of a digit, of the height of its font.
const LETTER_WIDTH = 0.62;

// The widest label of a time axis, "12:03:04.250", and some air.
const TIME_LETTERS = 13;

/** How far labels of the time axis reach beyond the chart, which they are centred below the edge of. */
export function labelOverhang(theme: ChartTheme): number {
  return Math.ceil((TIME_LETTERS * theme.letter * LETTER_WIDTH) / 2);
}

export function timeAxis(theme: ChartTheme, now: () => number): uPlot.Axis {
  return {
    ...common(theme),
    size: (_plot, values: string[] | null) =>
      (values?.some((text) => text.includes("\n")) ? 3.6 : 2.4) * theme.letter,
    space: () => Math.ceil((TIME_LETTERS + 1) * theme.letter * LETTER_WIDTH),
    values: (_plot, splits) => axisLabels(splits, now()),
  };
}

export function valueAxis(theme: ChartTheme, labels: (splits: number[]) => string[]): uPlot.Axis {
  return {
    ...common(theme),
    size: (_plot, values: string[] | null) => {
      const longest = Math.max(4, ...(values ?? []).map((text) => text.length));
      // The first time has its middle below the edge of the chart, too.
      return Math.max(labelOverhang(theme), Math.ceil(longest * theme.letter * LETTER_WIDTH) + 14);
    },
    splits: (plot, _axis, min, max) => ticks(min, max, plot.height / (TICK_SPACE * theme.letter)),
    // Only asked whether there is one: uPlot's own end at 1e32, and it takes none below 5 but its own.
    incrs: (_plot, _axis, min, max) => [Math.max(5, max - min)],
    values: (_plot, splits) => labels(splits),
  };
}

function common(theme: ChartTheme): uPlot.Axis {
  return {
    stroke: () => theme.text,
    font: theme.font,
    grid: { stroke: () => theme.grid, width: 1 },
    ticks: { show: false },
  };
}
