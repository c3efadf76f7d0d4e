// A difference below this may be the network's.
const AGREE = 150;

// Clocks are set, and machines sleep: bounds that contradict each other by so much are dropped.
const CONTRADICTION = 50;

/**
 * How far the hub's clock is ahead of this machine's. The header Date bounds it to a second from both sides, and
 * every event that arrives bounds it from below: it cannot come before it was taken.
 */
export class HubClock {
  private lowest = Number.NEGATIVE_INFINITY;
  private highest = Number.POSITIVE_INFINITY;
  private tight = false;

  /** In milliseconds; 0 while nothing says that the clocks differ. */
  get ahead(): number {
    const agreeing = this.lowest <= AGREE && this.highest >= -AGREE;
    if (this.tight) return agreeing && this.lowest >= -AGREE ? 0 : this.lowest;
    if (agreeing || this.lowest === Number.NEGATIVE_INFINITY) return 0;
    return Math.round((this.lowest + this.highest) / 2);
  }

  /** An answer with this header; both times are of this machine's clock. */
  answered(date: string | null, sent: number, received: number): void {
    const second = Date.parse(date ?? "");
    if (Number.isNaN(second)) return;
    this.bound(second - received, second + 1_000 - sent);
  }

  /** An event that the hub took at `time` by its clock came at `received` by this one. */
  arrived(time: number, received: number): void {
    if (Number.isNaN(time) || time - received <= this.lowest) return;
    this.bound(time - received, Number.POSITIVE_INFINITY);
  }

  /** An event that is on the wire has just been taken: what it says is the difference, and not only a bound. */
  live(time: number, received: number): void {
    if (!Number.isNaN(time)) this.tight = true;
    this.arrived(time, received);
  }

  private bound(low: number, high: number): void {
    this.lowest = Math.max(this.lowest, low);
    this.highest = Math.min(this.highest, high);
    if (this.lowest <= this.highest + CONTRADICTION) return;
    this.lowest = low;
    this.highest = high;
    this.tight = false;
  }
}
