import type { Past } from "./past";
import { ReadingBuffer } from "./reading_buffer";
import type { MetricRow } from "./rows";

/** What the readings of a span of time come to. */
export interface Summary {
  count: number;
  first: number;
  latest: number;
  min: number;
  max: number;
  mean: number;
  /** None of them has anything behind the point. */
  isWhole: boolean;
  /** How many digits behind the point any reading of the metric has had. */
  decimals: number;
}

/** Two arrays of one length, ascending by time. */
export interface Points {
  times: Float64Array;
  values: Float64Array;
}

// A reading may be this much late before its metric counts as silent: two missed ones, and some for the way.
const MISSED = 2;
const ALLOWANCE = 1_000;

const MOST_DECIMALS = 12;

function decimalsOf(value: number): number {
  if (Number.isInteger(value)) return 0;
  const text = String(value);
  return text.includes("e") ? MOST_DECIMALS : text.length - text.indexOf(".") - 1;
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** A metric and what is known of its readings. The object stays the same for as long as the metric exists. */
export class Series {
  readonly id: string;
  readonly readings: ReadingBuffer;
  name: string;
  period: number;
  /** As its creator said it; empty: not at all. */
  unit: string;
  /** Grows with every change: who remembers it knows whether there is something new to show. */
  version = 0;
  /** The size of the largest value so far. */
  largest = 0;
  /** The hub may have readings from before those that are held. */
  isCut = false;
  /** What is known of the time before `readings`, by steps; undefined: nothing. */
  past: Past | undefined;
  private decimals = 0;
  private joined: { version: number; points: Points } | undefined;

  constructor(row: MetricRow, capacity: number) {
    this.id = row.id;
    this.name = row.name;
    this.period = row.period;
    this.unit = row.unit ?? "";
    this.readings = new ReadingBuffer(capacity);
  }

  describe(row: MetricRow): void {
    this.name = row.name;
    this.period = row.period;
    this.unit = row.unit ?? "";
    this.version += 1;
  }

  add(time: number, value: number): void {
    if (this.readings.isFull) {
      this.isCut = true;
      // What has no room any more goes where steps are kept, or long windows would get a hole.
      this.past?.add(this.readings.timeAt(0), this.readings.valueAt(0));
    }
    this.readings.push(time, value);
    this.note(value);
    this.version += 1;
  }

  /** Older readings than all that are there, ascending by time; others of them are left out. */
  prepend(rows: readonly { time: number; value: number }[]): void {
    this.readings.prepend(rows);
    for (const { value } of rows) this.note(value);
    this.version += 1;
  }

  /** Forgets every reading. */
  clear(): void {
    this.readings.clear();
    this.isCut = false;
    this.past = undefined;
    this.version += 1;
  }

  /** Takes readings into its past, which `begin` has made. They are older than all that are held one by one. */
  addPast(rows: readonly { time: number; value: number }[]): void {
    for (const { time, value } of rows) {
      this.past?.add(time, value);
      this.note(value);
    }
    this.version += 1;
  }

  /** What a chart draws, ascending by time: of the past the smallest and largest of each step, then every reading. */
  get points(): Points {
    const { times, values } = this.readings;
    // A span of long ago: between it and the readings there is more, which is not known.
    if (this.past && this.past.until < this.readings.timeAt(0)) {
      return this.past.pointsBefore(Number.POSITIVE_INFINITY);
    }
    const past = this.past?.pointsBefore(this.readings.length > 0 ? this.readings.timeAt(0) : Infinity);
    if (!past || past.times.length === 0) return { times, values };
    if (this.joined?.version !== this.version) {
      this.joined = {
        version: this.version,
        points: { times: joined(past.times, times), values: joined(past.values, values) },
      };
    }
    return this.joined.points;
  }

  /** Of all that is known; NaN when there is nothing. */
  get oldestTime(): number {
    const oldest = this.past?.oldestTime ?? Number.NaN;
    return Number.isNaN(oldest) ? this.readings.timeAt(0) : Math.min(oldest, this.readings.timeAt(0));
  }

  private note(value: number): void {
    this.largest = Math.max(this.largest, Math.abs(value));
    if (this.decimals < MOST_DECIMALS) this.decimals = Math.max(this.decimals, decimalsOf(value));
  }

  get latestTime(): number {
    return this.readings.timeAt(this.readings.length - 1);
  }

  /** The newest reading that is not from the future; a clock may be ahead by the allowance. */
  latest(now: number): { time: number; value: number } | undefined {
    const index = this.readings.indexAt(now + ALLOWANCE) - 1;
    if (index < 0) return undefined;
    return { time: this.readings.timeAt(index), value: this.readings.valueAt(index) };
  }

  /** Since when readings have been missing that were promised; undefined while all is well. */
  silentSince(now: number): number | undefined {
    if (this.period <= 0 || this.readings.length === 0) return undefined;
    const time = this.latest(now)?.time ?? this.latestTime;
    const late = now - time - this.period;
    return late > MISSED * this.period + ALLOWANCE ? time : undefined;
  }

  /** Of the readings from `from` to `to`, both included; undefined when there are none. */
  summary(from: number, to: number): Summary | undefined {
    const begin = this.readings.indexAt(from);
    const values = this.readings.values;
    const times = this.readings.times;
    let end = times.length;
    while (end > begin && (times[end - 1] ?? 0) > to) end -= 1;
    const oldest = this.readings.length > 0 ? this.readings.timeAt(0) : Number.POSITIVE_INFINITY;
    const steps = this.past?.between(from, Math.min(to, oldest)) ?? [];
    let count = Math.max(0, end - begin);
    for (const step of steps) count += step.count;
    if (count === 0) return undefined;

    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let mean = 0;
    let isWhole = true;
    for (const step of steps) {
      min = Math.min(min, step.min);
      max = Math.max(max, step.max);
      isWhole &&= step.isWhole;
      mean += step.mean * (step.count / count);
    }
    for (let index = begin; index < end; index += 1) {
      const value = values[index] ?? 0;
      if (value < min) min = value;
      if (value > max) max = value;
      if (isWhole) isWhole = Number.isInteger(value);
      mean += value / count; // not a sum: two readings of 1e308 have a mean
    }
    return {
      count,
      first: steps[0]?.first ?? values[begin] ?? 0,
      latest: (end > begin ? values[end - 1] : steps.at(-1)?.last) ?? 0,
      min,
      max,
      mean,
      isWhole,
      decimals: this.decimals,
    };
  }
}
