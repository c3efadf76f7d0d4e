import type { Counters } from "./counters";
import { timeOfEvent } from "./event_id";
import { DelayMeter, RateMeter } from "./meters";
import type { MetricStore } from "./metric_store";
import { asObject, metricRow, readingRow } from "./rows";
import type { RawEvent } from "./stream";

const MOST_RECENT = 50;

// At thousands of events a second one in a few tells the same about the delay.
const MOST_DELAYS_OF_A_BATCH = 64;

/** Turns events into metrics and readings, a batch at a time, and keeps the books about it. */
export class EventApplier {
  readonly rate = new RateMeter();
  readonly delay = new DelayMeter();

  private recentEvents: RawEvent[] = [];
  private notShownYet: number[] = [];

  constructor(
    private readonly store: MetricStore,
    private readonly counters: Counters,
  ) {}

  /** The newest events as they came, oldest first. */
  get recent(): readonly RawEvent[] {
    return this.recentEvents;
  }

  apply(batch: readonly RawEvent[], now: number): void {
    for (const event of batch) {
      this.counters.count(event.type);
      if (!this.applyOne(event)) this.counters.malformed += 1;
    }
    this.store.settle();
    this.rate.add(batch.length, now);
    this.recentEvents = [...this.recentEvents, ...batch.slice(-MOST_RECENT)].slice(-MOST_RECENT);
    const step = Math.ceil(batch.length / MOST_DELAYS_OF_A_BATCH);
    for (let index = 0; index < batch.length; index += step) {
      this.notShownYet.push(timeOfEvent(batch[index]?.id ?? ""));
    }
  }

  /** What was applied is on the screen now; `hubNow` is this moment by the hub's clock. */
  shown(hubNow: number): void {
    for (const time of this.notShownYet) {
      if (!Number.isNaN(time)) this.delay.add(hubNow - time, hubNow);
    }
    this.notShownYet = [];
  }

  private applyOne(event: RawEvent): boolean {
    const json = parse(event.data);
    switch (event.type) {
      case "metric_reading_created": {
        const row = readingRow(json);
        if (row && !this.store.record(row)) this.counters.strays += 1;
        return row !== undefined;
      }
      case "metric_created": {
        const row = metricRow(json);
        if (row) this.store.create(row);
        return row !== undefined;
      }
      case "metric_deleted": {
        const id = asObject(json)?.id;
        if (typeof id === "string") this.store.remove(id);
        return typeof id === "string";
      }
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
