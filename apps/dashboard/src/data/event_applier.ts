import type { Counters } from "./counters";
import { timeOfEvent } from "./event_id";
import type { HubEvent } from "./event_parser";
import { DelayMeter, RateMeter } from "./meters";
import type { MetricStore } from "./metric_store";
import { asObject, metricRow, readingRow } from "./rows";

const MOST_RECENT = 50;

// At thousands of events a second one in a few tells the same about the delay.
const MOST_DELAYS_OF_A_BATCH = 64;

/** Turns events into metrics and readings, a batch at a time, and keeps the books about it. */
export class EventApplier {
  readonly rate = new RateMeter();
  readonly delay = new DelayMeter();

  private recentEvents: HubEvent[] = [];

  constructor(
    private readonly store: MetricStore,
    private readonly counters: Counters,
  ) {}

  /** The newest events as they came, oldest first. */
  get recent(): readonly HubEvent[] {
    return this.recentEvents;
  }

  /** In the frame that shows them. `ahead`: how far the hub's clock is ahead of the one that `now` is of. */
  apply(batch: readonly HubEvent[], now: number, ahead: number): void {
    for (const event of batch) {
      this.counters.count(event.type);
      if (!this.applyOne(event)) this.counters.malformed += 1;
    }
    this.store.settle();
    this.rate.add(batch.length, now);
    this.recentEvents = [...this.recentEvents, ...batch.slice(-MOST_RECENT)].slice(-MOST_RECENT);
    const step = Math.ceil(batch.length / MOST_DELAYS_OF_A_BATCH);
    for (let index = 0; index < batch.length; index += step) {
      const time = timeOfEvent(batch[index]?.id ?? "");
      if (!Number.isNaN(time)) this.delay.add(now + ahead - time, now);
    }
  }

  /** False for what should have been readable. */
  private applyOne(event: HubEvent): boolean {
    if (!event.type.startsWith("metric_")) return true;
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
      default:
        return true;
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
