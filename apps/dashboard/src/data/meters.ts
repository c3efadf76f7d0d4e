const SLOTS = 10;
const SLOT_MS = 500;

/** Events per second, over the last five seconds. */
export class RateMeter {
  private readonly counts = new Array<number>(SLOTS).fill(0);
  private slot = 0;
  private since: number | undefined;

  add(count: number, now: number): void {
    this.since ??= now;
    this.advance(now);
    this.counts[this.slot % SLOTS] = (this.counts[this.slot % SLOTS] ?? 0) + count;
  }

  rate(now: number): number {
    if (this.since === undefined) return 0;
    this.advance(now);
    const begun = (now % SLOT_MS) + (SLOTS - 1) * SLOT_MS;
    const span = Math.min(begun, Math.max(SLOT_MS, now - this.since));
    let sum = 0;
    for (const count of this.counts) sum += count;
    return (sum * 1_000) / span;
  }

  private advance(now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    const passed = slot - this.slot;
    if (passed === 0) return;
    for (let step = 1; step <= Math.min(SLOTS, Math.abs(passed)); step += 1) {
      this.counts[(slot + SLOTS - step + 1) % SLOTS] = 0;
    }
    this.slot = slot;
  }
}

const SAMPLES = 4_096;
const REMEMBERED = 10_000;

/** How long events took from the hub to the screen, over the last ten seconds. */
export class DelayMeter {
  private readonly delays = new Float64Array(SAMPLES);
  private readonly times = new Float64Array(SAMPLES);
  private next = 0;

  add(delay: number, now: number): void {
    this.delays[this.next % SAMPLES] = Math.max(0, delay);
    this.times[this.next % SAMPLES] = now;
    this.next += 1;
  }

  /** The delay that `part` (0 to 1) of the events kept within; undefined when there were none lately. */
  quantile(part: number, now: number): number | undefined {
    const recent: number[] = [];
    for (let index = 0; index < Math.min(this.next, SAMPLES); index += 1) {
      if (now - (this.times[index] ?? 0) <= REMEMBERED) recent.push(this.delays[index] ?? 0);
    }
    recent.sort((a, b) => a - b);
    return recent[Math.min(recent.length - 1, Math.floor(recent.length * part))];
  }
}
