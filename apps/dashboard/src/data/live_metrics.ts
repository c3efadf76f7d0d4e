import { Backoff } from "./backoff";
import { Counters } from "./counters";
import { EventApplier } from "./event_applier";
import { FrameQueue } from "./frame_queue";
import type { Frames } from "./frames";
import { MetricStore } from "./metric_store";
import type { Ports } from "./ports";
import { Pulse } from "./pulse";
import { Signal } from "./signal";
import { loadSnapshot } from "./snapshot";
import { type Gap, type RawEvent, Stream } from "./stream";
import { Watchdog } from "./watchdog";

export type Connection =
  | { phase: "loading" }
  | { phase: "connecting" }
  | { phase: "live" }
  /** The stream is open, but the hub has not answered since then. */
  | { phase: "unanswered"; since: number }
  | { phase: "waiting"; until: number; reason: string }
  /** Nobody looks: no stream, so that other tabs have one. */
  | { phase: "hidden" };

export interface GapSeen extends Gap {
  at: number;
}

// A stream that has lived so long has proved that connecting works.
const PROVEN = 10_000;

// A hub that takes longer for its snapshot than this is not answering.
const SNAPSHOT_WITHIN = 60_000;

/**
 * Keeps the store equal to what the hub stores: a snapshot, then the stream from the snapshot's cursor. The
 * cursor says at every moment what the page has seen, so nothing is missed or taken twice, whatever ends the
 * stream. When the hub no longer has what follows the cursor, it says so, and there is a new snapshot.
 */
export class LiveMetrics {
  readonly store = new MetricStore();
  readonly counters = new Counters();
  readonly applier = new EventApplier(this.store, this.counters);
  readonly pulse: Pulse;
  /** The connection, or the last gap, is another. */
  readonly changed = new Signal();

  connection: Connection = { phase: "loading" };
  lastGap: GapSeen | undefined;
  cursor: string | undefined;

  private readonly queue: FrameQueue<RawEvent>;
  private readonly backoff: Backoff;
  private readonly gapBackoff: Backoff;
  private readonly watchdog: Watchdog;
  private stream: Stream | undefined;
  private loading: AbortController | undefined;
  private timer: number | undefined;
  private openedAt = 0;
  private clockAhead = 0;

  constructor(
    private readonly ports: Ports,
    frames: Frames,
  ) {
    this.pulse = new Pulse(ports);
    this.pulse.beat.subscribe(() => this.applier.shown(this.hubNow()));
    this.queue = new FrameQueue(frames, (batch) => this.apply(batch));
    this.backoff = new Backoff(() => ports.random());
    this.gapBackoff = new Backoff(() => ports.random());
    this.watchdog = new Watchdog(ports, {
      woke: () => this.resume(),
      unanswered: (since) => this.become({ phase: "unanswered", since }),
      answered: () => this.resume(),
    });
  }

  /** The time by the hub's clock, which is the one that readings and events are stamped by. */
  hubNow(): number {
    return this.ports.now() + this.clockAhead;
  }

  /** How many events wait for the next frame. */
  get waiting(): number {
    return this.queue.length;
  }

  show(): void {
    this.pulse.start();
    this.resume();
  }

  hide(): void {
    this.queue.flush(); // the cursor is past them, and there are no frames in a hidden tab
    this.leave();
    this.pulse.stop();
    this.become({ phase: "hidden" });
  }

  /** At once, without waiting any longer. Harmless at any time. */
  resume(): void {
    if (this.cursor === undefined) void this.load();
    else this.open(this.cursor);
  }

  private async load(): Promise<void> {
    this.leave();
    this.queue.clear(); // the snapshot is newer
    this.become({ phase: "loading" });
    const loading = new AbortController();
    this.loading = loading;
    this.timer = this.ports.setTimer(() => this.retry("the hub does not answer"), SNAPSHOT_WITHIN);
    const begun = this.ports.now();
    try {
      const snapshot = await loadSnapshot(this.ports, loading.signal);
      if (loading.signal.aborted) return;
      this.counters.snapshots += 1;
      this.counters.snapshotBytes = snapshot.bytes;
      this.counters.snapshotMilliseconds = this.ports.now() - begun;
      this.clockAhead = snapshot.clockAhead;
      this.store.replace(snapshot.rows);
      this.cursor = snapshot.cursor;
      this.pulse.poke();
      this.open(snapshot.cursor);
    } catch {
      if (!loading.signal.aborted) this.retry("the hub cannot be reached");
    }
  }

  private open(cursor: string): void {
    const wasLive = this.connection.phase === "live";
    this.leave();
    if (!wasLive) this.become({ phase: "connecting" });
    if (this.counters.streams > 0) this.counters.reconnects += 1;
    this.counters.streams += 1;
    this.openedAt = this.ports.now();
    this.stream = new Stream(this.ports, cursor, {
      opened: () => this.become({ phase: "live" }),
      received: (event) => this.received(event),
      gap: (gap) => this.reload(gap),
      closing: (reason, retry) => {
        this.counters.closings += 1;
        this.wait(retry, closingText(reason));
      },
      lost: () => this.retry("the connection was lost"),
    });
    this.watchdog.start();
  }

  private received(event: RawEvent): void {
    this.cursor = event.id;
    this.watchdog.heard();
    this.backoff.reset();
    this.gapBackoff.reset();
    if (this.connection.phase !== "live") this.become({ phase: "live" });
    this.queue.push(event);
  }

  private reload(gap: Gap): void {
    this.counters.gaps += 1;
    this.lastGap = { ...gap, at: this.ports.now() };
    this.cursor = undefined;
    // A snapshot that is a gap as soon as it is there, again and again, must not become a busy loop.
    const first = this.gapBackoff.fresh || this.proven();
    if (first) this.gapBackoff.reset();
    const wait = this.gapBackoff.next();
    if (first) void this.load();
    else this.wait(wait, "events were missed again");
  }

  private retry(reason: string): void {
    if (this.proven()) this.backoff.reset();
    this.wait(this.backoff.next(), reason);
  }

  private proven(): boolean {
    return this.stream !== undefined && this.ports.now() - this.openedAt > PROVEN;
  }

  private wait(milliseconds: number, reason: string): void {
    this.leave();
    this.timer = this.ports.setTimer(() => this.resume(), milliseconds);
    this.become({ phase: "waiting", until: this.ports.now() + milliseconds, reason });
  }

  // Ends whatever goes on: one thing at a time.
  private leave(): void {
    this.watchdog.stop();
    this.stream?.close();
    this.stream = undefined;
    this.loading?.abort();
    this.loading = undefined;
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
  }

  private become(connection: Connection): void {
    this.connection = connection;
    this.changed.emit();
  }

  private apply(batch: readonly RawEvent[]): void {
    this.applier.apply(batch, this.ports.now());
    this.pulse.poke();
  }
}

function closingText(reason: string): string {
  switch (reason) {
    case "evicted":
      return "the hub is full and made room for a newer stream";
    case "slow":
      return "this page read too slowly";
    case "shutdown":
      return "the hub is stopping";
    default:
      return `the hub closed the stream (${reason})`;
  }
}
