// An event's type is its publisher's: there may be any number of them.
const MOST_TYPES = 40;
const OTHER_TYPES = "other types";

/** What happened since the page was opened; the debug panel shows all of it. */
export class Counters {
  readonly byType = new Map<string, number>();
  snapshots = 0;
  snapshotBytes = 0;
  snapshotMilliseconds = 0;
  streams = 0;
  reconnects = 0;
  gaps = 0;
  closings = 0;
  /** Events that could not be read. */
  malformed = 0;
  /** Readings of metrics that the page does not know. */
  strays = 0;

  count(type: string): void {
    const isKnown = this.byType.has(type) || this.byType.size < MOST_TYPES;
    const name = isKnown ? type : OTHER_TYPES;
    this.byType.set(name, (this.byType.get(name) ?? 0) + 1);
  }

  get events(): number {
    let sum = 0;
    for (const count of this.byType.values()) sum += count;
    return sum;
  }
}
