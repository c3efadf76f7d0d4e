/** What happened since the page was opened; the debug panel shows all of it. */
export class Counters {
  readonly byType: Record<string, number> = {};
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
    this.byType[type] = (this.byType[type] ?? 0) + 1;
  }

  get events(): number {
    return Object.values(this.byType).reduce((sum, count) => sum + count, 0);
  }
}
