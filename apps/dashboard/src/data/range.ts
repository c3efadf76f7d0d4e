/** Which time the charts and figures are about: the last so many milliseconds, or a span that stands still. */
export type Range = { kind: "live"; span: number } | { kind: "fixed"; from: number; to: number };

export const WINDOWS: readonly { label: string; span: number }[] = [
  { label: "1 min", span: 60_000 },
  { label: "5 min", span: 300_000 },
  { label: "15 min", span: 900_000 },
  { label: "30 min", span: 1_800_000 },
  { label: "1 h", span: 3_600_000 },
  { label: "6 h", span: 21_600_000 },
  { label: "24 h", span: 86_400_000 },
];

export const USUAL_WINDOW = 60_000;

const SHORTEST_ZOOM = 10;
const LONGEST_ZOOM = 24 * 3_600_000;

export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return range.kind === "live" ? { from: now - range.span, to: now } : range;
}

/** A fixed range: closer (factor below 1) or wider, and moved by a part of itself. */
export function zoomed(range: Range, now: number, factor: number, shift = 0): Range {
  const { from, to } = boundsOf(range, now);
  const span = allowed((to - from) * factor);
  return ending((from + to) / 2 + shift * (to - from) + span / 2, span, range, now);
}

/** Closer or wider around a time, which stays where it is. */
export function zoomedAt(range: Range, now: number, factor: number, at: number): Range {
  const { from, to } = boundsOf(range, now);
  const span = allowed((to - from) * factor);
  return ending(at + (span * (to - at)) / (to - from), span, range, now);
}

/** Later by so many milliseconds, or earlier. */
export function movedBy(range: Range, now: number, by: number): Range {
  const { from, to } = boundsOf(range, now);
  return ending(to + by, to - from, range, now);
}

function allowed(span: number): number {
  return Math.min(LONGEST_ZOOM, Math.max(SHORTEST_ZOOM, span));
}

/** There is nothing to be seen in the future: what would lie there is had from the past. */
function ending(wanted: number, span: number, before: Range, now: number): Range {
  const end = Math.min(Math.max(now, boundsOf(before, now).to), wanted);
  return { kind: "fixed", from: Math.round(end - span), to: Math.round(end) };
}

/** Why a span cannot be shown; empty: it can. */
export function spanTrouble(from: number, to: number): string {
  if (to - from > LONGEST_ZOOM) return "A chart shows 24 h at most.";
  return to - from < SHORTEST_ZOOM ? `A chart shows ${SHORTEST_ZOOM} ms at least.` : "";
}

/** From the parameters of the page's address: `window=300` in seconds, or `from=&to=` in milliseconds. */
export function rangeFrom(params: URLSearchParams): Range {
  const from = Number(params.get("from") ?? Number.NaN);
  const to = Number(params.get("to") ?? Number.NaN);
  if (to - from >= SHORTEST_ZOOM && to - from <= LONGEST_ZOOM) return { kind: "fixed", from, to };
  const span = Number(params.get("window")) * 1_000;
  return { kind: "live", span: WINDOWS.some((choice) => choice.span === span) ? span : USUAL_WINDOW };
}

export function rangeParams(range: Range): Record<string, string | null> {
  return range.kind === "live"
    ? { window: String(range.span / 1_000), from: null, to: null }
    : { from: String(range.from), to: String(range.to) };
}
