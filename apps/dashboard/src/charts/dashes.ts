/** How many metrics a chart shows at most: more colours cannot be told from each other. */
export const MOST_SERIES = 8;

/** The second four colours are dashed, for eyes that see fewer colours, and for forced ones. */
export function dashOf(index: number, isForced: boolean): number[] {
  const dashes = isForced ? [[], [6, 3], [2, 3], [10, 3, 2, 3]] : [[]];
  const own = dashes[index % dashes.length] ?? [];
  return index < MOST_SERIES / 2 ? own : own.length === 0 ? [6, 3] : own.map((length) => length * 2);
}
