import type { Frames } from "./frames";

// A browser that is short of time draws few frames; events do not pile up without end meanwhile.
const MOST_WAITING = 5_000;

/** Holds what arrives until the next frame, then hands all of it over at once. */
export class FrameQueue<Item> {
  private waiting: Item[] = [];

  constructor(
    private readonly frames: Frames,
    private readonly apply: (batch: readonly Item[]) => void,
  ) {
    frames.add(() => this.flush());
  }

  get length(): number {
    return this.waiting.length;
  }

  push(item: Item): void {
    this.waiting.push(item);
    if (this.waiting.length >= MOST_WAITING) this.flush();
    else this.frames.request();
  }

  flush(): void {
    if (this.waiting.length === 0) return;
    const batch = this.waiting;
    this.waiting = [];
    this.apply(batch);
  }

  clear(): void {
    this.waiting = [];
  }
}
