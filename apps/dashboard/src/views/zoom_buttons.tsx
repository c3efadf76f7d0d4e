import { type Range, zoomed } from "../data/range";
import { showRange, useShortcuts } from "../ui/hooks";
import { useHub } from "../ui/hub";

/** Zooms and moves the time that is shown, also by keys. */
export function ZoomButtons({ range }: { range: Range }) {
  const { live } = useHub();
  const change = (factor: number, shift = 0, isHeld = false) =>
    showRange(zoomed(range, live.hubNow(), factor, shift), isHeld);
  useShortcuts({
    "+": ({ repeat }) => change(0.5, 0, repeat),
    "-": ({ repeat }) => change(2, 0, repeat),
    "[": ({ repeat }) => change(1, -0.5, repeat),
    "]": ({ repeat }) => change(1, 0.5, repeat),
  });
  return (
    <div className="segments" role="group" aria-label="Zoom">
      <button
        type="button"
        aria-label="Zoom in"
        aria-keyshortcuts="+"
        title="Zoom in (+)"
        onClick={() => change(0.5)}
      >
        +
      </button>
      <button
        type="button"
        aria-label="Zoom out"
        aria-keyshortcuts="-"
        title="Zoom out (-)"
        onClick={() => change(2)}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Earlier"
        aria-keyshortcuts="["
        title="Earlier ([)"
        onClick={() => change(1, -0.5)}
      >
        ←
      </button>
      <button
        type="button"
        aria-label="Later"
        aria-keyshortcuts="]"
        title="Later (])"
        disabled={range.kind === "live"}
        onClick={() => change(1, 0.5)}
      >
        →
      </button>
    </div>
  );
}
