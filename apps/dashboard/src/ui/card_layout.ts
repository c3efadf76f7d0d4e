/** Lengths in pixels. */
export interface Room {
  width: number;
  /** From the grid's upper edge to what stands below it, when the page is not scrolled. */
  height: number;
  rem: number;
}

export interface CardLayout {
  columns: number;
  rowHeight: number;
  gap: number;
  /** All of them fit into the window. */
  isWhole: boolean;
  /** There is room for axes on a card. */
  isLarge: boolean;
}

// In rem. The gap is also in styles/cards.css.
const LEAST_WIDTH = 17;
const LEAST_HEIGHT = 12;
const MOST_HEIGHT = 60;
const GAP = 0.75;

const GOOD_SHAPE = 1.7;

const LARGE_HEIGHT = 20;

// Of rows, the gap between columns: it is in styles/rows.css, too.
const ROW_WIDTH = 28;
const ROW_HEIGHT = 1.75;
const ROW_GAP = 1.25;

/** Rows of one line each, in as many columns as have room: fifty metrics are on one screen. */
export function rowLayout({ width, rem }: Room): CardLayout {
  const gap = ROW_GAP * rem;
  const columns = Math.max(1, Math.floor((width + gap) / (ROW_WIDTH * rem + gap)));
  return { columns, rowHeight: ROW_HEIGHT * rem, gap: 0, isWhole: false, isLarge: false };
}

/**
 * How many columns of cards, and how high they are. Cards that all fit into the window fill it, in the shape
 * that comes nearest to a good one: on a wall screen five metrics are five large charts. More of them have the
 * least size, and one scrolls.
 */
export function cardLayout(count: number, { width, height, rem }: Room): CardLayout {
  const gap = GAP * rem;
  const most = Math.max(1, Math.floor((width + gap) / (LEAST_WIDTH * rem + gap)));
  const least = LEAST_HEIGHT * rem;
  let best: CardLayout = { columns: most, rowHeight: least, gap, isWhole: false, isLarge: false };
  let bestError = Number.POSITIVE_INFINITY;
  for (let columns = 1; columns <= most; columns += 1) {
    const rows = Math.max(1, Math.ceil(count / columns));
    const fitting = (height + gap) / rows - gap;
    if (fitting < LEAST_HEIGHT * rem) continue;
    const rowHeight = Math.floor(Math.min(MOST_HEIGHT * rem, fitting));
    const error = Math.abs(Math.log((width + gap) / columns - gap) - Math.log(rowHeight * GOOD_SHAPE));
    if (error < bestError) {
      best = { columns, rowHeight, gap, isWhole: true, isLarge: rowHeight > LARGE_HEIGHT * rem };
      bestError = error;
    }
  }
  return best;
}
