import type { Ports } from "./ports";

const LOOK_EVERY = 2_000;
const ANSWER_WITHIN = 4_000;
const SLEPT = 15_000;

// For the way, and for a hub that is busy.
const ALLOWANCE = 2_000;

export interface Watched {
  /** This machine slept: connections may be dead without a sign of it. */
  woke(): void;
  /** A heartbeat is missing, and the hub does not answer. */
  unanswered(since: number): void;
  /** The hub answers, but its stream has missed a heartbeat. */
  answered(): void;
}

/**
 * Looks after an open stream. When a heartbeat is missing it asks the hub whether it is there: a hub that is has
 * lost this stream, and one that is not has stopped.
 */
export class Watchdog {
  private timer: number | undefined;
  private asking: AbortController | undefined;
  private heardAt = 0;
  private lookedAt = 0;
  private heartbeat = Number.POSITIVE_INFINITY;

  constructor(
    private readonly ports: Ports,
    private readonly watched: Watched,
  ) {}

  /** Until the head of the stream has come there is no heartbeat to be missed. */
  start(): void {
    this.stop();
    this.heardAt = this.ports.now();
    this.heartbeat = Number.POSITIVE_INFINITY;
    this.schedule();
  }

  expect(heartbeat: number): void {
    this.heartbeat = heartbeat;
    this.heard();
  }

  stop(): void {
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
    this.asking?.abort();
    this.asking = undefined;
  }

  /** Something came down the stream. */
  heard(): void {
    this.heardAt = this.ports.now();
  }

  private schedule(): void {
    this.lookedAt = this.ports.now();
    this.timer = this.ports.setTimer(() => this.look(), LOOK_EVERY);
  }

  private look(): void {
    const now = this.ports.now();
    const slept = now - this.lookedAt - LOOK_EVERY > SLEPT;
    this.schedule();
    if (slept) this.watched.woke();
    else if (now - this.heardAt > this.heartbeat + ALLOWANCE && !this.asking) void this.ask();
  }

  private async ask(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    const heardAt = this.heardAt;
    const limit = this.ports.setTimer(() => asking.abort(), ANSWER_WITHIN);
    const isThere = await this.ports.fetch("-/healthz", { signal: asking.signal, cache: "no-store" }).then(
      () => true,
      () => false,
    );
    this.ports.clearTimer(limit);
    if (this.asking !== asking) return; // stopped meanwhile
    this.asking = undefined;
    if (this.heardAt !== heardAt) return; // it was only late
    if (isThere) this.watched.answered();
    else this.watched.unanswered(heardAt);
  }
}
