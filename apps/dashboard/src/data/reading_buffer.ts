const SMALLEST = 64;

// How much room there is behind the newest reading when a full buffer is moved: the more, the rarer it moves.
const SLACK = 1.25;

/**
 * The newest readings of a metric, ascending by time, in two typed arrays that a chart can draw from without
 * a copy: `times` and `values` are always in one piece. At most `capacity` are kept; then the oldest goes.
 */
export class ReadingBuffer {
  private timeSlots = new Float64Array(SMALLEST);
  private valueSlots = new Float64Array(SMALLEST);
  private start = 0;
  private end = 0;

  constructor(private capacity: number) {}

  get length(): number {
    return this.end - this.start;
  }

  /** With the next reading the oldest goes. */
  get isFull(): boolean {
    return this.length >= this.capacity;
  }

  get times(): Float64Array {
    return this.timeSlots.subarray(this.start, this.end);
  }

  get values(): Float64Array {
    return this.valueSlots.subarray(this.start, this.end);
  }

  timeAt(index: number): number {
    return this.timeSlots[this.start + index] ?? Number.NaN;
  }

  valueAt(index: number): number {
    return this.valueSlots[this.start + index] ?? Number.NaN;
  }

  /** Readings may come in any order of time; among equal times the one that came last counts as the newer. */
  push(time: number, value: number): void {
    if (this.length >= this.capacity) {
      if (time < this.timeAt(0)) return;
      this.start = this.end - this.capacity + 1;
    }
    if (this.end === this.timeSlots.length) this.move();

    let slot = this.end;
    while (slot > this.start && (this.timeSlots[slot - 1] ?? 0) > time) slot -= 1;
    if (slot < this.end) {
      this.timeSlots.copyWithin(slot + 1, slot, this.end);
      this.valueSlots.copyWithin(slot + 1, slot, this.end);
    }
    this.timeSlots[slot] = time;
    this.valueSlots[slot] = value;
    this.end += 1;
  }

  /** Ascending by time; those that are not older than what is there are left out, and so are those beyond the capacity. */
  prepend(rows: readonly { time: number; value: number }[]): void {
    const first = this.length > 0 ? this.timeAt(0) : Number.POSITIVE_INFINITY;
    const older = rows.filter(({ time }) => time < first);
    const room = Math.max(0, this.capacity - this.length);
    const added = room === 0 ? [] : older.slice(-room);
    const times = new Float64Array(Math.max(SMALLEST, added.length + this.length));
    const values = new Float64Array(times.length);
    for (const [index, { time, value }] of added.entries()) {
      times[index] = time;
      values[index] = value;
    }
    times.set(this.times, added.length);
    values.set(this.values, added.length);
    this.end = added.length + this.length;
    this.start = 0;
    this.timeSlots = times;
    this.valueSlots = values;
  }

  clear(): void {
    this.start = 0;
    this.end = 0;
  }

  /** A smaller capacity takes effect with the next reading. */
  limit(capacity: number): void {
    this.capacity = capacity;
  }

  /** The first index whose time is not before `time`; `length` when there is none. */
  indexAt(time: number): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timeSlots[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low - this.start;
  }

  // Into new arrays, not in place: a chart may still show the old ones until it draws again.
  private move(): void {
    const wanted = Math.min(this.length * 2, Math.ceil(this.capacity * SLACK));
    const size = Math.max(SMALLEST, this.length + 1, wanted);
    const times = new Float64Array(size);
    const values = new Float64Array(size);
    times.set(this.times);
    values.set(this.values);
    this.end = this.length;
    this.start = 0;
    this.timeSlots = times;
    this.valueSlots = values;
  }
}
