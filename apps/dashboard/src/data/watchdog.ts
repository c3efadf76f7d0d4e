import type { Ports } from "./ports";

const LOOK_EVERY = 5_000;
const QUIET = 20_000;
const ANSWER_WITHIN = 4_000;
const SLEPT = 15_000;
const DOUBTFUL = 60_000;

export interface Watched {
  /** This machine slept: connections may be dead without anybody having said so. */
  woke(): void;
  /** The hub does not answer, though nothing has ended the stream. */
  unanswered(since: number): void;
  /** The hub answers again, or it answers while its stream has said nothing for long. */
  answered(): void;
}

/**
 * Looks after an open stream. An EventSource shows no heartbeats, so a hub that hangs looks like a quiet one:
 * after some silence the watchdog asks the hub whether it is there.
 */
export class Watchdog {
  private timer: number | undefined;
  private asking: AbortController | undefined;
  private heardAt = 0;
  private lookedAt = 0;
  private silent = false;

  constructor(
    private readonly ports: Ports,
    private readonly watched: Watched,
  ) {}

  start(): void {
    this.stop();
    this.heardAt = this.ports.now();
    this.schedule();
  }

  stop(): void {
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
    this.asking?.abort();
    this.asking = undefined;
    this.silent = false;
  }

  /** Something came down the stream. */
  heard(): void {
    this.heardAt = this.ports.now();
    this.silent = false;
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
    else if (now - this.heardAt > QUIET && this.asking === undefined) void this.ask();
  }

  private async ask(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    const limit = this.ports.setTimer(() => asking.abort(), ANSWER_WITHIN);
    const answered = await this.ports.fetch("/-/healthz", { signal: asking.signal, cache: "no-store" }).then(
      () => true,
      () => false,
    );
    this.ports.clearTimer(limit);
    if (this.asking !== asking) return; // stopped meanwhile
    this.asking = undefined;
    if (!answered) {
      this.silent = true;
      this.watched.unanswered(this.heardAt);
    } else if (this.silent || this.ports.now() - this.heardAt > DOUBTFUL) {
      this.watched.answered();
    }
  }
}
