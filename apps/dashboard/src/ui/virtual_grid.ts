import { type RefObject, useLayoutEffect, useState } from "react";

import { type CardLayout, cardLayout, rowLayout } from "./card_layout";

/** Cards that fill the window if they all fit into it, cards of the least size, or rows of one line. */
export type GridShape = "filling" | "least" | "rows";

export interface GridPart extends CardLayout {
  /** Of the items to be rendered; the last one is not included. */
  first: number;
  last: number;
  /** What the rows that are not rendered take up, in pixels. */
  above: number;
  below: number;
}

// Rendered beyond the edges of the window, so that the keyboard can go on to them.
const ROWS_AROUND = 2;

/** `top`: where the grid begins in the window, negative when it is scrolled beyond its upper edge. */
export function gridPart(count: number, layout: CardLayout, top: number, windowHeight: number): GridPart {
  const { columns, rowHeight, gap } = layout;
  const pitch = rowHeight + gap;
  const rows = Math.ceil(count / columns);
  const firstRow = Math.min(rows, Math.max(0, Math.floor(-top / pitch) - ROWS_AROUND));
  const lastRow = Math.max(firstRow, Math.min(rows, Math.ceil((windowHeight - top) / pitch) + ROWS_AROUND));
  return {
    ...layout,
    first: Math.min(count, firstRow * columns),
    last: Math.min(count, lastRow * columns),
    above: firstRow * pitch,
    below: (rows - lastRow) * pitch,
  };
}

function measure(grid: HTMLElement, count: number, shape: GridShape): GridPart {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const { top, width } = grid.getBoundingClientRect();
  const below = (document.querySelector("footer")?.offsetHeight ?? 0) + rem;
  const height = shape === "filling" ? window.innerHeight - (top + window.scrollY) - below : 0;
  const room = { width, height, rem };
  const layout = shape === "rows" ? rowLayout(room) : cardLayout(count, room);
  return gridPart(count, layout, top, window.innerHeight);
}

/** Which items of a grid are near enough to the window to be rendered, and how large they are. */
export function useGridPart(grid: RefObject<HTMLElement | null>, count: number, shape: GridShape): GridPart {
  const [part, setPart] = useState<GridPart>({
    columns: 1,
    rowHeight: 0,
    gap: 0,
    isWhole: false,
    isLarge: false,
    first: 0,
    last: 0,
    above: 0,
    below: 0,
  });

  useLayoutEffect(() => {
    const update = () => {
      if (!grid.current) return;
      const next = measure(grid.current, count, shape);
      setPart((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    update();
    const resizing = new ResizeObserver(update);
    if (grid.current) resizing.observe(grid.current);
    resizing.observe(document.body); // what stands above may have become lower
    window.addEventListener("scroll", update, { passive: true });
    window.addEventListener("resize", update);
    return () => {
      resizing.disconnect();
      window.removeEventListener("scroll", update);
      window.removeEventListener("resize", update);
    };
  }, [grid, count, shape]);

  return part;
}
