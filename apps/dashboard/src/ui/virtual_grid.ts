import { type RefObject, useLayoutEffect, useState } from "react";

export interface GridPart {
  columns: number;
  /** Of the items to be rendered; the last one is not included. */
  first: number;
  last: number;
  /** What the rows that are not rendered take up, in pixels. */
  above: number;
  below: number;
}

export interface GridSizes {
  /** In rem, as the style sheet has them. */
  cardWidth: number;
  rowHeight: number;
  gap: number;
}

// Rendered beyond the edges of the window, so that the keyboard can go on to them.
const ROWS_AROUND = 2;

export function gridPart(
  count: number,
  width: number,
  top: number,
  windowHeight: number,
  sizes: GridSizes,
): GridPart {
  const columns = Math.max(1, Math.floor((width + sizes.gap) / (sizes.cardWidth + sizes.gap)));
  const pitch = sizes.rowHeight + sizes.gap;
  const rows = Math.ceil(count / columns);
  const firstRow = Math.min(rows, Math.max(0, Math.floor(-top / pitch) - ROWS_AROUND));
  const lastRow = Math.max(firstRow, Math.min(rows, Math.ceil((windowHeight - top) / pitch) + ROWS_AROUND));
  return {
    columns,
    first: firstRow * columns,
    last: Math.min(count, lastRow * columns),
    above: firstRow * pitch,
    below: (rows - lastRow) * pitch,
  };
}

/** Which items of a grid are near enough to the window to be rendered. */
export function useGridPart(grid: RefObject<HTMLElement | null>, count: number, sizes: GridSizes): GridPart {
  const [part, setPart] = useState<GridPart>(() => gridPart(0, 1, 0, 0, sizes));

  useLayoutEffect(() => {
    const measure = () => {
      const element = grid.current;
      if (!element) return;
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const { top, width } = element.getBoundingClientRect();
      const pixels = {
        cardWidth: sizes.cardWidth * rem,
        rowHeight: sizes.rowHeight * rem,
        gap: sizes.gap * rem,
      };
      const next = gridPart(count, width, top, window.innerHeight, pixels);
      setPart((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    measure();
    const resizing = new ResizeObserver(measure);
    if (grid.current) resizing.observe(grid.current);
    window.addEventListener("scroll", measure, { passive: true });
    window.addEventListener("resize", measure);
    return () => {
      resizing.disconnect();
      window.removeEventListener("scroll", measure);
      window.removeEventListener("resize", measure);
    };
  }, [grid, count, sizes]);

  return part;
}
