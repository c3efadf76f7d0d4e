const FIRST = 1_000;
const LONGEST = 30_000;

/** How long to wait before the next attempt: twice as long each time, and not all pages at the same moment. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly random: () => number) {}

  next(): number {
    const wait = Math.min(LONGEST, FIRST * 2 ** this.attempts);
    this.attempts += 1;
    return Math.round(wait * (1 + this.random() / 4));
  }

  /** It worked. */
  reset(): void {
    this.attempts = 0;
  }

  get fresh(): boolean {
    return this.attempts === 0;
  }
}
