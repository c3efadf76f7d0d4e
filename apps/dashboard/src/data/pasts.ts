import { loadPast } from "./history";
import type { Ports } from "./ports";
import { boundsOf, type Range, WINDOWS } from "./range";
import type { Series } from "./series";
import { Signal } from "./signal";

// Up to here the readings themselves are held.
const LONGEST_EXACT = 3_600_000;

const STEPS_OF_A_WINDOW = 1_000;

const AT_ONCE = 2;

// Some 150 kB each.
const MOST_KEPT = 64;

interface Want {
  series: Series;
  step: number;
  from: number;
  until: number;
  users: number;
  loading: AbortController | undefined;
  isDone: boolean;
  why: string;
}

/** The step of time that a range is thinned to; undefined for a short one, of which every reading is drawn. */
export function stepFor(range: Range): number | undefined {
  return spanOf(range) > LONGEST_EXACT ? stepOf(range) : undefined;
}

/** The same for a small chart: a short window is thinned as well where the readings that are held do not fill it. */
export function stepToFill(range: Range, series: Series, now: number): number | undefined {
  const isFull = !series.isCut || series.readings.timeAt(0) <= boundsOf(range, now).from;
  return isFull ? stepFor(range) : stepOf(range);
}

/** Whether a span ends before the readings that are held, so that it is loaded by itself. */
export function isLongAgo(range: Range, series: Series): boolean {
  return range.kind === "fixed" && series.isCut && range.to < series.readings.timeAt(0);
}

function stepOf(range: Range): number {
  const span = spanOf(range);
  return (WINDOWS.find((window) => span <= window.span)?.span ?? span) / STEPS_OF_A_WINDOW;
}

function spanOf(range: Range): number {
  return range.kind === "live" ? range.span : range.to - range.from;
}

/** Loads the past of metrics that are looked at over a long time: few at once, and only so many are kept. */
export class Pasts {
  /** Something was loaded, or could not be. */
  readonly changed = new Signal();
  private readonly wants = new Map<Series, Want>();
  /** Those that are not looked at any more, the one that was left first in front. */
  private readonly left = new Set<Series>();

  constructor(private readonly ports: Pick<Ports, "fetch" | "now">) {}

  /** `until`: of a span of long ago its end. Returns how to want it no longer. */
  want(series: Series, step: number, from: number, until = Number.POSITIVE_INFINITY): () => void {
    this.left.delete(series);
    const known = this.wants.get(series);
    // A window that moves on is covered by what was loaded for it.
    const covers = (past: { step: number; from: number; until: number } | undefined) =>
      past?.step === step && past.from <= from + step && past.until >= until;
    if (known && covers(known)) {
      known.users += 1;
    } else {
      known?.loading?.abort();
      const users = (known?.users ?? 0) + 1;
      const isDone = covers(series.past);
      this.wants.set(series, { series, step, from, until, users, isDone, loading: undefined, why: "" });
    }
    this.next();
    return () => this.release(series);
  }

  /** What to say about the past of a metric; empty when it is there, or is not asked for. */
  stateOf(series: Series): string {
    const want = this.wants.get(series);
    if (!want) return "";
    if (want.why !== "") return `earlier readings: ${want.why}`;
    return want.isDone ? "" : "loading earlier readings";
  }

  /** How many are still to be loaded. */
  get waiting(): number {
    return [...this.wants.values()].filter((want) => !want.isDone && want.why === "").length;
  }

  /** A new snapshot has come: it holds the newest readings only. */
  refresh(): void {
    for (const want of this.wants.values()) {
      want.why = "";
      if (!want.series.past) want.isDone = false;
    }
    this.next();
  }

  private release(series: Series): void {
    const want = this.wants.get(series);
    if (!want) return;
    want.users -= 1;
    if (want.users > 0) return;
    want.loading?.abort();
    this.wants.delete(series);
    // Of a span of long ago nothing is left: it does not reach to the readings.
    if (series.past && series.past.until < Number.POSITIVE_INFINITY) series.past = undefined;
    if (series.past) this.left.add(series);
    for (const oldest of this.left) {
      if (this.left.size <= MOST_KEPT) break;
      this.left.delete(oldest);
      oldest.past = undefined;
    }
    this.next();
  }

  private next(): void {
    const all = [...this.wants.values()];
    const free = AT_ONCE - all.filter((want) => want.loading !== undefined).length;
    const waiting = all.filter((want) => !want.isDone && want.why === "" && want.loading === undefined);
    for (const want of waiting.slice(0, Math.max(0, free))) void this.load(want);
  }

  private async load(want: Want): Promise<void> {
    const loading = new AbortController();
    want.loading = loading;
    try {
      await loadPast(this.ports, want.series, want.step, want.from, loading.signal, want.until);
      want.isDone = want.series.past !== undefined;
    } catch (error) {
      want.why = error instanceof Error ? error.message : "no answer";
    }
    want.loading = undefined;
    if (loading.signal.aborted) return;
    this.changed.emit();
    this.next();
  }
}
