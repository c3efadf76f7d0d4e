/** What the readings of one step of time come to. */
export interface Step {
  /** Times are of its first and its last reading, and of the smallest and the largest value. */
  from: number;
  to: number;
  first: number;
  last: number;
  min: number;
  minAt: number;
  max: number;
  maxAt: number;
  mean: number;
  count: number;
  isWhole: boolean;
}

interface Points {
  times: Float64Array;
  values: Float64Array;
}

// A window has a thousand steps; some more are kept while it moves on.
const MOST_STEPS = 1_200;

/**
 * The readings of a metric over a long time, thinned: of each step the smallest and the largest value, mean and count.
 * However many readings go into it, it takes some 150 kB at most. Then the oldest step goes.
 */
export class Past {
  private steps = new Map<number, Step>();
  private sorted: Step[] | undefined;
  private drawn: { before: number; points: Points } | undefined;

  /** `step` in milliseconds. `from`: back to when it is loaded. `until`: what is not before it is left out. */
  constructor(
    readonly step: number,
    readonly from: number,
    readonly until = Number.POSITIVE_INFINITY,
  ) {}

  /** In any order of time. */
  add(time: number, value: number): void {
    if (time >= this.until) return;
    const index = Math.floor(time / this.step);
    const known = this.steps.get(index);
    this.sorted = undefined;
    this.drawn = undefined;
    if (known) {
      fold(known, time, value);
      return;
    }
    const isWhole = Number.isInteger(value);
    const all = { first: value, last: value, min: value, max: value, mean: value, isWhole };
    this.steps.set(index, { ...all, from: time, to: time, minAt: time, maxAt: time, count: 1 });
    if (this.steps.size > MOST_STEPS) this.steps.delete(Math.min(...this.steps.keys()));
  }

  /** NaN when there is nothing. */
  get oldestTime(): number {
    return this.ordered[0]?.from ?? Number.NaN;
  }

  /** Steps that lie in a span of time as a whole, ascending; `to` is not included. */
  between(from: number, to: number): readonly Step[] {
    return this.ordered.filter((step) => step.from >= from && step.to < to);
  }

  /** The smallest and the largest of each step that ends before a time, in the order in which they came. */
  pointsBefore(time: number): Points {
    if (this.drawn?.before === time) return this.drawn.points;
    const times: number[] = [];
    const values: number[] = [];
    for (const { min, minAt, max, maxAt } of this.between(Number.NEGATIVE_INFINITY, time)) {
      const isUp = minAt <= maxAt;
      times.push(isUp ? minAt : maxAt);
      values.push(isUp ? min : max);
      if (minAt === maxAt) continue;
      times.push(isUp ? maxAt : minAt);
      values.push(isUp ? max : min);
    }
    const points = { times: Float64Array.from(times), values: Float64Array.from(values) };
    this.drawn = { before: time, points };
    return points;
  }

  private get ordered(): readonly Step[] {
    this.sorted ??= [...this.steps.values()].sort((a, b) => a.from - b.from);
    return this.sorted;
  }
}

function fold(step: Step, time: number, value: number): void {
  if (time < step.from) {
    step.from = time;
    step.first = value;
  }
  if (time >= step.to) {
    step.to = time;
    step.last = value;
  }
  if (value < step.min) {
    step.min = value;
    step.minAt = time;
  }
  if (value > step.max) {
    step.max = value;
    step.maxAt = time;
  }
  step.count += 1;
  step.mean += value / step.count - step.mean / step.count; // not their difference: two values may be 1e308 and -1e308
  step.isWhole &&= Number.isInteger(value);
}
