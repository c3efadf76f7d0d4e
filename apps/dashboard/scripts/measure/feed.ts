import type { Hub } from "../../tests/support/hub";

const EVERY_MS = 50;

/** Readings at a steady rate, over many metrics, and a probe that says when it was sent. */
export class Feed {
  /** Its value is the time, in milliseconds modulo 100 s: a reader knows how old it is. */
  static readonly PROBE = "a probe";

  sent = 0;
  private begun = Date.now();
  private due = 0;
  private probes = 0;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();

  private constructor(
    private readonly hub: Hub,
    private readonly metrics: readonly string[],
    private readonly probe: string,
    private readonly rate: number,
  ) {}

  static async start(hub: Hub, metrics: number, rate: number): Promise<Feed> {
    const probe = await hub.createMetric(Feed.PROBE, "250ms");
    const names = Array.from(
      { length: metrics },
      (_, index) => `metric ${String(index + 1).padStart(3, "0")}`,
    );
    const period = `${Math.max(1, Math.round((metrics * 1_000) / rate))}ms`;
    const ids = await Promise.all(names.map((name) => hub.createMetric(name, period)));
    const feed = new Feed(hub, ids, probe, rate);
    feed.goOn();
    return feed;
  }

  describe(): string {
    return `${this.metrics.length} metrics, ${this.rate} readings/s`;
  }

  goOn(): void {
    this.begun = Date.now();
    this.due = 0;
    this.timer = setInterval(() => {
      this.sending = this.sending.then(() => this.step());
    }, EVERY_MS);
  }

  async pause(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
  }

  // As many as have become due, however late the timer is.
  private async step(): Promise<void> {
    const now = Date.now();
    const wanted = Math.floor(((now - this.begun) * this.rate) / 1_000);
    const readings = [];
    for (; this.due < wanted; this.due += 1) {
      const metric = this.due % this.metrics.length;
      const value = 50 + 30 * Math.sin(this.due / (900 + 37 * metric)) + 4 * Math.random();
      readings.push({ metric_id: this.metrics[metric] ?? "", value });
    }
    if (readings.length > 0) await this.hub.addReadings(readings);
    this.sent += readings.length;
    if (++this.probes % 5 === 0) await this.hub.addReading(this.probe, Date.now() % 100_000);
  }
}
