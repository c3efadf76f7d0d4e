import type { Ports } from "./ports";

/** What is done once per animation frame, in the order in which it was added. No request, no frame. */
export class Frames {
  private readonly steps: (() => void)[] = [];
  private requested = false;
  /** Frames so far. */
  count = 0;

  constructor(private readonly ports: Pick<Ports, "requestFrame">) {}

  add(step: () => void): void {
    this.steps.push(step);
  }

  request(): void {
    if (this.requested) return;
    this.requested = true;
    this.ports.requestFrame(() => {
      this.requested = false;
      this.count += 1;
      for (const step of this.steps) step();
    });
  }
}
