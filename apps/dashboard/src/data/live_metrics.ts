import { Backoff } from "./backoff";
import { Counters } from "./counters";
import { EventApplier } from "./event_applier";
import { type EventFilter, passes, unionFilter } from "./event_filter";
import { sequenceOfEvent, timeOfEvent } from "./event_id";
import type { HubEvent } from "./event_parser";
import { FrameQueue } from "./frame_queue";
import type { Frames } from "./frames";
import { HubClock } from "./hub_clock";
import { MetricStore } from "./metric_store";
import type { Ports } from "./ports";
import { Pulse } from "./pulse";
import { type Refusal, RefusedError, UNREACHED } from "./refusal";
import { Signal } from "./signal";
import { loadSnapshot } from "./snapshot";
import type { Gap, StreamHandle, StreamHead } from "./stream";
import { StreamLog } from "./stream_log";
import { Watchdog } from "./watchdog";

export type Connection =
  | { phase: "loading" }
  | { phase: "connecting" }
  | { phase: "live" }
  /** The stream is open, but nothing has come down it since then, and the hub does not answer. */
  | { phase: "unanswered"; since: number }
  | { phase: "waiting"; until: number; reason: string }
  /** The tab is hidden: no stream, so that other tabs have one. */
  | { phase: "hidden" }
  /** The hub wants a token first. */
  | { phase: "locked" };

export interface GapSeen extends Gap {
  at: number;
}

/** Sees the events of the page's stream as they come. */
export interface Onlooker {
  readonly filter: EventFilter;
  /** A stream was opened that goes on behind this id. */
  begun(cursor: string): void;
  event(event: HubEvent): void;
  moved(id: string): void;
  gap(gap: Gap): void;
  closing(reason: string): void;
}

// A stream that has lived so long has proved that connecting works.
const PROVEN = 10_000;

// Browsers slow the timers of a hidden page down: events themselves say when it is time.
const UNSEEN_EVERY = 1_000;

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
  readonly clock = new HubClock();
  /** What became of the streams. */
  readonly log = new StreamLog();
  /** The connection, or the last gap, is another. */
  readonly changed = new Signal();
  /** A stream was refused because the page has no right to it. */
  readonly unopened = new Signal();

  /** Nothing is asked of the hub. */
  locked = false;
  connection: Connection = { phase: "loading" };
  lastGap: GapSeen | undefined;
  cursor: string | undefined;

  private readonly queue: FrameQueue<HubEvent>;
  private readonly backoff: Backoff;
  private readonly gapBackoff: Backoff;
  private readonly watchdog: Watchdog;
  private stream: StreamHandle | undefined;
  private readonly onlookers = new Set<Onlooker>();
  private every = "";
  private isUnseen = false;
  private flushedAt = 0;
  /** The number of the event behind which events are live. */
  private head = Number.NaN;
  private loading: AbortController | undefined;
  private timer: number | undefined;
  private openedAt = 0;
  /** Told when the new snapshot shows that something was missed. */
  private doubted: GapSeen | undefined;

  constructor(
    private readonly ports: Ports,
    frames: Frames,
  ) {
    this.pulse = new Pulse(ports);
    this.queue = new FrameQueue(frames, (batch) => this.apply(batch));
    this.pulse.beat.subscribe(() => {
      if (this.isUnseen) this.flushUnseen();
    });
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
    return this.ports.now() + this.clock.ahead;
  }

  /** How many events wait for the next frame. */
  get waiting(): number {
    return this.queue.length;
  }

  show(): void {
    this.isUnseen = false;
    this.pulse.start();
    this.resume();
  }

  /** For a page that is hidden, and wants to know all the same: there are no frames, so events are taken at the pulse. */
  showUnseen(): void {
    this.isUnseen = true;
    this.queue.flush();
    this.pulse.start();
    if (this.stream === undefined) this.resume();
  }

  hide(): void {
    this.queue.flush(); // the cursor is past them, and there are no frames in a hidden tab
    this.leave();
    this.pulse.stop();
    this.become({ phase: "hidden" });
  }

  /**
   * The stream also lets through what `onlooker` wants to see: from the cursor on, so nothing is missed. Returns how
   * to end it.
   */
  watch(onlooker: Onlooker): () => void {
    this.onlookers.add(onlooker);
    this.refilter();
    return () => {
      if (this.onlookers.delete(onlooker)) this.refilter();
    };
  }

  /** At most one send in each such span of time, as `500ms`, with the newest values; empty: each event. */
  pace(every: string): void {
    if (every === this.every) return;
    this.every = every;
    this.refilter();
  }

  /** Forgets everything: another user may look next. */
  lock(): void {
    this.locked = true;
    this.leave();
    this.queue.clear();
    this.store.replace([]);
    this.cursor = undefined;
    this.become({ phase: "locked" });
  }

  /** Starts again, with all that the user may see now. */
  unlock(): void {
    this.locked = false;
    this.cursor = undefined;
    if (this.connection.phase !== "hidden") this.resume();
  }

  /** At once, without waiting any longer. Harmless at any time. */
  resume(): void {
    if (this.locked) this.become({ phase: "locked" });
    else if (this.cursor === undefined) void this.load();
    else this.open(this.cursor);
  }

  private async load(): Promise<void> {
    this.leave();
    this.queue.clear(); // the snapshot is newer
    this.become({ phase: "loading" });
    const loading = new AbortController();
    this.loading = loading;
    this.timer = this.ports.setTimer(
      () => this.refused({ ...UNREACHED, reason: "the hub does not answer" }),
      SNAPSHOT_WITHIN,
    );
    const begun = this.ports.now();
    try {
      const snapshot = await loadSnapshot(this.ports, this.clock, loading.signal);
      if (loading.signal.aborted) return;
      this.counters.snapshots += 1;
      this.counters.snapshotBytes = snapshot.bytes;
      this.counters.snapshotMilliseconds = this.ports.now() - begun;
      this.settleDoubt(this.store.holds(snapshot.rows));
      this.store.replace(snapshot.rows);
      this.cursor = snapshot.cursor;
      this.pulse.poke();
      this.open(snapshot.cursor);
    } catch (error) {
      if (!loading.signal.aborted) this.refused(error instanceof RefusedError ? error.refusal : UNREACHED);
    }
  }

  private open(cursor: string, isReconnect = true): void {
    const wasLive = this.connection.phase === "live";
    this.leave();
    if (!wasLive) this.become({ phase: "connecting" });
    if (isReconnect && this.counters.streams > 0) this.counters.reconnects += 1;
    this.counters.streams += 1;
    this.openedAt = this.ports.now();
    this.head = Number.NaN;
    const filters = [...this.onlookers].map(({ filter }) => filter);
    const request = { ...unionFilter(filters), cursor, every: this.every };
    this.stream = this.ports.openStream(request, {
      opened: (head) => this.opened(head),
      heard: () => this.heard(),
      received: (event) => this.received(event),
      moved: (id) => {
        this.cursor = id;
        for (const onlooker of this.onlookers) onlooker.moved(id);
      },
      gap: (gap) => this.reload(gap),
      closing: (reason, retry) => {
        this.counters.closings += 1;
        this.log.add(this.ports.now(), "closed", reason);
        for (const onlooker of this.onlookers) onlooker.closing(reason);
        this.wait(retry, closingText(reason));
      },
      ended: (end) => this.refused(end),
    });
    this.watchdog.start();
    for (const onlooker of this.onlookers) onlooker.begun(cursor);
  }

  private opened(head: StreamHead): void {
    this.clock.answered(head.date, head.sent, this.ports.now());
    this.head = sequenceOfEvent(head.head);
    this.watchdog.expect(head.heartbeat);
    this.become({ phase: "live" });
  }

  private heard(): void {
    this.watchdog.heard();
    if (this.connection.phase === "unanswered") this.become({ phase: "live" });
  }

  private received(event: HubEvent): void {
    if (event.id !== "") this.cursor = event.id;
    this.backoff.reset();
    this.gapBackoff.reset();
    if (sequenceOfEvent(event.id) > this.head) this.clock.live(timeOfEvent(event.id), this.ports.now());
    for (const onlooker of this.onlookers) {
      if (passes(onlooker.filter, event)) onlooker.event(event);
      else if (event.id !== "") onlooker.moved(event.id);
    }
    this.queue.push(event);
    if (this.isUnseen && this.ports.now() - this.flushedAt >= UNSEEN_EVERY) this.flushUnseen();
  }

  private flushUnseen(): void {
    this.flushedAt = this.ports.now();
    this.queue.flush();
  }

  private refilter(): void {
    const { phase } = this.connection;
    if (this.cursor === undefined || phase === "hidden" || phase === "waiting" || this.locked) return;
    this.open(this.cursor, false);
  }

  private reload(gap: Gap): void {
    this.counters.gaps += 1;
    this.doubted = { ...gap, at: this.ports.now() };
    // The cursor moves past what the filter leaves out with heartbeats only: where events expire sooner than that, those
    // of others may be all that is gone. The snapshot tells.
    if (gap.reason === "expired") this.queue.flush();
    else this.settleDoubt(false);
    for (const onlooker of this.onlookers) onlooker.gap(gap);
    this.cursor = undefined;
    // A snapshot that is a gap as soon as it is there, again and again, must not become a busy loop.
    const first = this.gapBackoff.fresh || this.proven();
    if (first) this.gapBackoff.reset();
    const wait = this.gapBackoff.next();
    if (first) void this.load();
    else this.wait(wait, gap.reason === "expired" ? "events expired again" : "events were missed again");
  }

  private settleDoubt(isNothingMissed: boolean): void {
    const { doubted } = this;
    this.doubted = undefined;
    if (!doubted || isNothingMissed) return;
    this.lastGap = doubted;
    this.log.add(doubted.at, "gap", doubted.reason, doubted.missed);
  }

  private refused({ status, reason, wait }: Refusal): void {
    if (this.proven()) this.backoff.reset();
    this.log.add(this.ports.now(), "lost", reason);
    // Never sooner than the hub wants it.
    this.wait(Math.max(this.backoff.next(), wait ?? 0), reason);
    if (status === 401 || status === 403) this.unopened.emit();
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

  private apply(batch: readonly HubEvent[]): void {
    this.applier.apply(batch, this.ports.now(), this.clock.ahead);
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
    case "expired":
      return "the session has ended";
    case "revoked":
      return "the token or the session is no longer valid";
    case "changed":
      return "other topics may be read now";
    default:
      return `the hub closed the stream (${reason})`;
  }
}
