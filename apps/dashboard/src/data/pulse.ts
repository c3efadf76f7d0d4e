import type { Ports } from "./ports";
import { Signal } from "./signal";

// A number that changes more often cannot be read; charts have a rhythm of their own.
const SHORTEST = 100;
const LONGEST = 1_000;

/**
 * The rhythm at which numbers on the page change: at once when something new is there, at most ten times a
 * second, and once a second when nothing is, so that ages and spans of time stay true.
 */
export class Pulse {
  readonly beat = new Signal();
  /** The time of the last beat; what is shown is true for this moment. */
  now: number;

  private timer: number | undefined;

  constructor(
    private readonly ports: Pick<Ports, "now" | "setTimer" | "clearTimer">,
    private readonly shortest = SHORTEST,
  ) {
    this.now = ports.now();
  }

  start(): void {
    this.schedule(LONGEST);
  }

  stop(): void {
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
  }

  /** Something new is there. */
  poke(): void {
    const wait = this.now + this.shortest - this.ports.now();
    if (wait <= 0 || wait > this.shortest) this.strike();
    else this.schedule(wait);
  }

  private strike(): void {
    this.now = this.ports.now();
    this.schedule(LONGEST);
    this.beat.emit();
  }

  private schedule(wait: number): void {
    this.stop();
    this.timer = this.ports.setTimer(() => this.strike(), wait);
  }
}
