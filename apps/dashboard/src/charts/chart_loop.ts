import type { Frames } from "../data/frames";
import type { Ports } from "../data/ports";

/** Something drawn, over and over. */
export interface Drawable {
  readonly element: Element;
  /** When it wants to be drawn next, as wall time in milliseconds; Infinity: not unless woken. */
  dueAt(): number;
  draw(): void;
}

interface Entry {
  drawable: Drawable;
  visible: boolean;
  drawnAt: number;
}

// What is left of a frame of 16 ms belongs to events, numbers and the browser.
const BUDGET_MS = 6;

// Nearer than this, a timer only costs another wake-up.
const NEXT_FRAME_MS = 20;

/**
 * Draws the charts that can be seen and are due, those first that have waited longest. When there is more to
 * draw than a frame has time for, charts are drawn less often; nothing else gets later by it.
 */
export class ChartLoop {
  private readonly entries = new Map<Element, Entry>();
  private readonly observer: IntersectionObserver;
  private timer: number | undefined;
  /** Drawings so far. */
  count = 0;

  constructor(
    private readonly frames: Frames,
    private readonly ports: Pick<Ports, "now" | "setTimer" | "clearTimer">,
  ) {
    frames.add(() => this.draw());
    this.observer = new IntersectionObserver((changes) => {
      for (const change of changes) {
        const entry = this.entries.get(change.target);
        if (entry) entry.visible = change.isIntersecting;
      }
      this.wake();
    });
  }

  /** Returns how to take it away again. */
  add(drawable: Drawable): () => void {
    this.entries.set(drawable.element, { drawable, visible: false, drawnAt: 0 });
    this.observer.observe(drawable.element);
    return () => {
      this.observer.unobserve(drawable.element);
      this.entries.delete(drawable.element);
    };
  }

  /** Something may have become due. */
  wake(): void {
    this.frames.request();
  }

  private draw(): void {
    const now = this.ports.now();
    const seen = [...this.entries.values()].filter((entry) => entry.visible);
    const due = seen.filter((entry) => entry.drawable.dueAt() <= now).sort((a, b) => a.drawnAt - b.drawnAt);
    const begun = performance.now();
    for (const entry of due) {
      if (performance.now() - begun > BUDGET_MS) break;
      entry.drawable.draw();
      entry.drawnAt = now;
      this.count += 1;
    }
    this.schedule(Math.min(...seen.map((entry) => entry.drawable.dueAt())) - now);
  }

  private schedule(wait: number): void {
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
    if (wait <= NEXT_FRAME_MS) this.frames.request();
    else if (wait < Number.POSITIVE_INFINITY) this.timer = this.ports.setTimer(() => this.wake(), wait);
  }
}
