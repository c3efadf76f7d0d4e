import { Signal } from "./signal";

/** What tore the page's stream, or ended it. */
export interface Interruption {
  /** By this browser's clock. */
  at: number;
  kind: "gap" | "closed" | "lost";
  /** As the hub names it; of what was lost, for people. */
  reason: string;
  /** Of a gap: how many events; null: the hub cannot know. */
  missed: number | null;
  /** How many times in a row, and when the last time was: a hub that is away is asked again and again. */
  times: number;
  last: number;
}

const MOST = 200;

/** The gaps of the page's stream and its ends, as long as the page is open. */
export class StreamLog {
  readonly changed = new Signal();
  private entries: readonly Interruption[] = [];

  /** The newest first; the same array until something is added. */
  get all(): readonly Interruption[] {
    return this.entries;
  }

  add(at: number, kind: Interruption["kind"], reason: string, missed: number | null = null): void {
    const [newest, ...others] = this.entries;
    const isAgain = kind === "lost" && newest?.kind === kind && newest.reason === reason;
    this.entries = isAgain
      ? [{ ...newest, times: newest.times + 1, last: at }, ...others]
      : [{ at, kind, reason, missed, times: 1, last: at }, ...this.entries].slice(0, MOST);
    this.changed.emit();
  }
}
