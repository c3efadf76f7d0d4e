import type { MetricRow, ReadingRow } from "./rows";
import { Series } from "./series";
import { Signal } from "./signal";

/** The hub keeps no more of one metric either. */
export const MOST_READINGS_OF_A_METRIC = 10_000;

// 16 bytes each: with the slack of their buffers some 40 MB.
const MOST_READINGS = 2_000_000;
const LEAST_READINGS_OF_A_METRIC = 200;

export interface SnapshotRow {
  metric: MetricRow;
  /** The hub may have older ones. */
  isCut: boolean;
  readings: readonly ReadingRow[];
}

/** All metrics that the page knows, in their order of creation. */
export class MetricStore {
  /** Metrics came or went. */
  readonly listed = new Signal();

  private byId = new Map<string, Series>();
  private list: readonly Series[] = [];

  /** The same array until metrics come or go. */
  get all(): readonly Series[] {
    return this.list;
  }

  find(id: string): Series | undefined {
    return this.byId.get(id);
  }

  get readingsHeld(): number {
    let held = 0;
    for (const series of this.list) held += series.readings.length;
    return held;
  }

  /** Whether a snapshot has nothing that is not known: the same metrics, and no other readings. */
  holds(rows: readonly SnapshotRow[]): boolean {
    return (
      rows.length === this.byId.size &&
      rows.every(({ metric, isCut, readings }) => {
        const known = this.byId.get(metric.id);
        return known !== undefined && hasAll(known, isCut, readings);
      })
    );
  }

  /** Replaces everything; metrics that were known keep their objects, so that charts stay. */
  replace(rows: readonly SnapshotRow[]): void {
    const before = this.byId;
    this.byId = new Map();
    const capacity = capacityFor(rows.length);
    for (const { metric, isCut, readings } of rows) {
      const series = before.get(metric.id) ?? new Series(metric, capacity);
      series.clear();
      series.readings.limit(capacity);
      series.describe(metric);
      series.isCut = isCut;
      for (const reading of readings) series.add(reading.time, reading.value);
      this.byId.set(metric.id, series);
    }
    this.publish();
  }

  create(row: MetricRow): void {
    const known = this.byId.get(row.id);
    if (known) {
      known.describe(row);
      return;
    }
    const capacity = capacityFor(this.byId.size + 1);
    this.byId.set(row.id, new Series(row, capacity));
    if (capacity < MOST_READINGS_OF_A_METRIC) {
      for (const series of this.byId.values()) series.readings.limit(capacity);
    }
    this.dirty = true;
  }

  remove(id: string): void {
    if (this.byId.delete(id)) this.dirty = true;
  }

  /** False when there is no such metric. */
  record(row: ReadingRow): boolean {
    const series = this.byId.get(row.metric);
    series?.add(row.time, row.value);
    return series !== undefined;
  }

  /** Says once that metrics came or went, however many did: to be called after a batch of events. */
  settle(): void {
    if (this.dirty) this.publish();
  }

  private dirty = false;

  private publish(): void {
    this.dirty = false;
    this.list = [...this.byId.values()];
    this.listed.emit();
  }
}

/** Of two that are cut, or hold different numbers of old readings, the newest ones must be the same. */
function hasAll(
  { readings: held, isCut }: Series,
  isOtherCut: boolean,
  rows: readonly ReadingRow[],
): boolean {
  if (!isCut && !isOtherCut && held.length !== rows.length) return false;
  const count = Math.min(held.length, rows.length);
  if (count === 0) return held.length === rows.length;
  for (let back = 1; back <= count; back += 1) {
    const row = rows[rows.length - back];
    const index = held.length - back;
    if (row?.time !== held.timeAt(index) || row.value !== held.valueAt(index)) return false;
  }
  return true;
}

function capacityFor(metrics: number): number {
  const share = Math.floor(MOST_READINGS / Math.max(1, metrics));
  return Math.max(LEAST_READINGS_OF_A_METRIC, Math.min(MOST_READINGS_OF_A_METRIC, share));
}
