import { movedBy, type Range, zoomedAt } from "../data/range";

/** A chart whose time can be taken hold of. */
export interface Movable {
  /** Where the gestures are. */
  place: HTMLElement;
  /** Where times are, from its left to its right edge. */
  area: HTMLElement;
  hubNow: () => number;
  /** What is seen. */
  bounds: () => { from: number; to: number };
  /** Shows a span while the gesture goes on. */
  preview: (range: Range) => void;
  /** The gesture is over. */
  commit: (range: Range) => void;
}

// A wheel says nothing when it stops.
const WHEEL_RESTS_MS = 250;

// A notch of a wheel is some 100 pixels: a quarter more, or less.
const ZOOM_OF_A_PIXEL = 0.0022;
const MOST_AT_ONCE = 300;

const PIXELS_OF_A_LINE = 20;

// Less is a click by a hand that is not still.
const LEAST_DRAG = 3;

/**
 * With Ctrl (or as a pinch) the wheel zooms around the pointer, with Shift it moves the chart, and so does dragging with
 * Shift; without either the page scrolls. Returns how to end it.
 */
export function followGestures(chart: Movable): () => void {
  const { place, area } = chart;
  const listening = new AbortController();
  let shown: Range | undefined;
  let resting: number | undefined;
  let dragging: AbortController | undefined;

  const show = (range: Range) => {
    shown = range;
    chart.preview(range);
  };
  const finish = () => {
    window.clearTimeout(resting);
    if (shown) chart.commit(shown);
    shown = undefined;
  };
  const begin = (): Range => shown ?? { kind: "fixed", ...chart.bounds() };

  const wheel = (event: WheelEvent) => {
    const isZoom = event.ctrlKey || event.metaKey;
    if (!isZoom && !event.shiftKey) return;
    event.preventDefault();
    const { left, width } = area.getBoundingClientRect();
    const range = begin();
    if (range.kind !== "fixed" || width <= 0) return;
    const pixels = pixelsOf(event);
    const span = range.to - range.from;
    if (isZoom) {
      const part = Math.min(1, Math.max(0, (event.clientX - left) / width));
      const factor = Math.exp(pixels * ZOOM_OF_A_PIXEL);
      show(zoomedAt(range, chart.hubNow(), factor, range.from + part * span));
    } else {
      show(movedBy(range, chart.hubNow(), (pixels / width) * span));
    }
    window.clearTimeout(resting);
    resting = window.setTimeout(finish, WHEEL_RESTS_MS);
  };

  const press = (event: MouseEvent) => {
    if (!event.shiftKey || event.button !== 0) return;
    // Neither a span that is marked, nor text.
    event.stopPropagation();
    event.preventDefault();
    const range = begin();
    const { width } = area.getBoundingClientRect();
    if (range.kind === "fixed" && width > 0) drag(event.clientX, range, width);
  };

  const drag = (from: number, range: Extract<Range, { kind: "fixed" }>, width: number) => {
    dragging?.abort();
    const held = new AbortController();
    dragging = held;
    const move = ({ clientX }: MouseEvent) => {
      if (shown === undefined && Math.abs(clientX - from) < LEAST_DRAG) return;
      place.classList.add("is-held");
      show(movedBy(range, chart.hubNow(), ((from - clientX) / width) * (range.to - range.from)));
    };
    const release = () => {
      held.abort();
      place.classList.remove("is-held");
      finish();
    };
    document.addEventListener("mousemove", move, { signal: held.signal });
    document.addEventListener("mouseup", release, { signal: held.signal });
  };

  const { signal } = listening;
  place.addEventListener("wheel", wheel, { passive: false, signal });
  // Before the chart itself has it, which marks a span.
  place.addEventListener("mousedown", press, { capture: true, signal });
  // A click with Shift ends a drag: it opens nothing.
  place.addEventListener("click", (event) => event.shiftKey && event.stopPropagation(), {
    capture: true,
    signal,
  });
  return () => {
    listening.abort();
    dragging?.abort();
    window.clearTimeout(resting);
  };
}

function pixelsOf({ deltaX, deltaY, deltaMode }: WheelEvent): number {
  const delta = Math.abs(deltaX) > Math.abs(deltaY) ? deltaX : deltaY;
  const pixels = deltaMode === WheelEvent.DOM_DELTA_PIXEL ? delta : delta * PIXELS_OF_A_LINE;
  return Math.min(MOST_AT_ONCE, Math.max(-MOST_AT_ONCE, pixels));
}
