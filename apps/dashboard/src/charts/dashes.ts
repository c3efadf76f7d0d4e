/** How many metrics a chart shows at most: more colours cannot be told from each other. */
export const MOST_SERIES = 8;

const SOLID: readonly number[] = [];
const DASHED: readonly number[] = [6, 3];

// Where the system may show all colours alike.
const FORCED: readonly (readonly number[])[] = [
  ...[SOLID, DASHED, [2, 3], [10, 3, 2, 3]],
  ...[
    [14, 4],
    [1, 6],
    [10, 3, 2, 3, 2, 3],
    [4, 8],
  ],
];

/** The dashes of a line, in pixels. The second four are dashed in any case, for eyes that see fewer colours. */
export function dashOf(index: number, isForced: boolean): number[] {
  const dashes = isForced ? FORCED[index % FORCED.length] : index < MOST_SERIES / 2 ? SOLID : DASHED;
  return [...(dashes ?? SOLID)];
}
