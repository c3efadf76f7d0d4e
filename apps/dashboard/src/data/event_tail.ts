import { Backoff } from "./backoff";
import type { EventFilter } from "./event_filter";
import { epochOfEvent, sequenceOfEvent, timeOfEvent } from "./event_id";
import type { HubEvent } from "./event_parser";
import type { EventQuery } from "./event_query";
import type { LiveMetrics, Onlooker } from "./live_metrics";
import { type SearchPage, searchLog, type Start } from "./log_search";
import type { Ports } from "./ports";
import { Pulse } from "./pulse";
import { type Refusal, RefusedError, UNREACHED } from "./refusal";
import type { Gap } from "./stream";

export interface TailEvent extends HubEvent {
  /** Unique on this page: what the hub says about the stream has no event id. */
  key: number;
}

export type TailState =
  | { phase: "closed" }
  /** The log is looked through. `at`: how far, as a time by the hub's clock. */
  | { phase: "searching"; at: number; looked: number | undefined; all: number | undefined }
  | { phase: "live" }
  /** The time that was asked for is over: nothing more can come. */
  | { phase: "over" }
  /** What is asked for makes no sense to the hub: another try would not help. */
  | { phase: "refused"; reason: string }
  | { phase: "waiting"; until: number; reason: string };

const MOST_KEPT = 1_000;
const MOST_LETTERS = 16_000_000;
const BETWEEN_LOOKS = 250; // a whole list changes: slower than single numbers, or it cannot be read

/** What the page itself has to say in the list. */
export const STOPPED = "page.search-stopped";

/**
 * The events of the log that a query finds, and then those that come. The log is searched by polls, since these end
 * and can be stopped; what comes is taken from the page's one stream.
 */
export class EventTail implements Onlooker {
  readonly pulse: Pulse;
  state: TailState = { phase: "closed" };
  /** Events that matched. */
  found = 0;
  filter: EventFilter = { types: [], topics: [] };

  private events: TailEvent[] = [];
  private letters = 0;
  private keys = 0;
  private query: EventQuery | undefined;
  private start: Start = { since: "latest" };
  /** Events from this time on are not wanted. */
  private until = Number.POSITIVE_INFINITY;
  private isOver = false;
  private search: AbortController | undefined;
  /** Where the log ended when the search began. */
  private head = "";
  private unwatch: (() => void) | undefined;
  private isWatching = false;
  /** What the stream brings while the log is searched. */
  private early: HubEvent[] | undefined;
  private earlyMoved = "";
  /** Behind all that was seen. */
  private position = "";
  private streamFrom = "";
  private toldOfGap = false;
  private timer: number | undefined;
  private readonly backoff: Backoff;

  constructor(
    private readonly ports: Ports,
    private readonly live: Pick<LiveMetrics, "watch">,
  ) {
    this.pulse = new Pulse(ports, BETWEEN_LOOKS);
    this.backoff = new Backoff(() => ports.random());
  }

  /** The newest events, oldest first; a new array when it is asked for. */
  newest(count: number): TailEvent[] {
    return this.events.slice(-count);
  }

  get kept(): number {
    return this.events.length;
  }

  /**
   * What another query found goes. `since`: the hub's parameter. `until`: a time that is not included; `isPast` when no
   * event can come any more that would be before it.
   */
  open(query: EventQuery, since: string, until = Number.POSITIVE_INFINITY, isPast = false): void {
    this.close();
    this.until = until;
    this.isOver = isPast;
    this.query = query;
    this.filter = query.filter;
    this.events = [];
    this.letters = 0;
    this.found = 0;
    this.position = "";
    this.streamFrom = "";
    this.start = { since };
    this.toldOfGap = false;
    this.backoff.reset();
    this.pulse.start();
    void this.look();
  }

  close(): void {
    this.search?.abort();
    this.search = undefined;
    this.isWatching = false;
    this.unwatch?.();
    this.unwatch = undefined;
    this.early = undefined;
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
    this.pulse.stop();
    this.state = { phase: "closed" };
  }

  /** Enough was found: what is left of the log is not looked through, and what comes still is shown. */
  stop(): void {
    if (!this.search || this.head === "") return;
    this.search.abort();
    this.search = undefined;
    if (isBehind(this.position, this.head)) {
      this.tell(STOPPED, JSON.stringify({ from: timeText(this.position), to: timeText(this.head) }));
      this.position = this.head;
    }
    this.follow();
  }

  begun(cursor: string): void {
    this.streamFrom = cursor;
    if (this.search || this.timer !== undefined) return;
    this.catchUp();
  }

  event(event: HubEvent): void {
    if (this.early) this.early.push(event);
    else this.take(event);
    this.pulse.poke();
  }

  moved(id: string): void {
    if (this.early) this.earlyMoved = id;
    else if (isBehind(this.position, id)) this.position = id;
    if (!this.early && timeOfEvent(id) >= this.until) this.end();
  }

  gap(gap: Gap): void {
    this.toldOfGap = true;
    this.streamFrom = "";
    this.tell("sse.gap", JSON.stringify(gap));
  }

  closing(reason: string): void {
    this.tell("sse.closing", JSON.stringify({ reason }));
  }

  private async look(): Promise<void> {
    if (!this.query) return;
    const search = new AbortController();
    const { signal } = search;
    this.search = search;
    this.head = "";
    if (this.isWatching) this.early ??= [];
    this.become({ phase: "searching", at: Number.NaN, looked: undefined, all: undefined });
    try {
      const until = this.until === Number.POSITIVE_INFINITY ? undefined : this.until;
      for await (const page of searchLog(this.ports, this.start, this.query, signal, until)) {
        if (signal.aborted) return;
        this.turn(page);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.search = undefined;
      this.failed(error instanceof RefusedError ? error.refusal : UNREACHED);
      return;
    }
    if (signal.aborted) return;
    this.search = undefined;
    this.follow();
  }

  private turn(page: SearchPage): void {
    this.backoff.reset();
    this.head = page.head;
    this.isOver ||= page.isBounded;
    if (page.gap && !this.toldOfGap) this.tell("sse.gap", JSON.stringify(page.gap));
    this.toldOfGap = false;
    for (const event of page.events) this.keep(event);
    this.position = page.cursor;
    this.start = { after: page.cursor };
    const { at, looked, all } = page;
    this.become({ phase: "searching", at, looked, all });
  }

  /** From here on, what the stream brings is what is new. */
  private follow(): void {
    const early = this.early ?? [];
    this.early = undefined;
    for (const event of early) this.take(event);
    if (this.earlyMoved !== "" && isBehind(this.position, this.earlyMoved)) this.position = this.earlyMoved;
    this.earlyMoved = "";
    if (this.isOver) {
      this.end();
      return;
    }
    this.become({ phase: "live" });
    if (this.isWatching) {
      this.catchUp();
    } else {
      this.isWatching = true;
      this.unwatch = this.live.watch(this);
    }
  }

  /** Looks for events between what was seen and where the stream goes on: after a gap, and at the first stream. */
  private catchUp(): void {
    const from = this.streamFrom;
    this.streamFrom = "";
    if (from === "" || !isBehind(this.position, from)) return;
    this.start = { after: this.position };
    void this.look();
  }

  private end(): void {
    this.isOver = true;
    this.isWatching = false;
    this.unwatch?.();
    this.unwatch = undefined;
    this.early = undefined;
    this.become({ phase: "over" });
  }

  private take(event: HubEvent): void {
    if (!isBehind(this.position, event.id)) return;
    this.position = event.id;
    if (timeOfEvent(event.id) >= this.until) {
      this.end();
      return;
    }
    if (this.query?.matches(event)) this.keep(event);
  }

  private keep(event: HubEvent): void {
    this.found += 1;
    this.add(event);
  }

  private tell(type: string, data: string): void {
    this.add({ id: "", type, topic: "", data });
    this.pulse.poke();
  }

  private add(event: HubEvent): void {
    this.keys += 1;
    this.events.push({ ...event, key: this.keys });
    this.letters += event.data.length;
    if (this.events.length <= 2 * MOST_KEPT && this.letters <= MOST_LETTERS) return;
    let from = Math.max(0, this.events.length - MOST_KEPT);
    for (const gone of this.events.slice(0, from)) this.letters -= gone.data.length;
    for (; this.letters > MOST_LETTERS && from < this.events.length - 1; from += 1) {
      this.letters -= this.events[from]?.data.length ?? 0;
    }
    this.events = this.events.slice(from);
  }

  private failed({ status, reason, wait }: Refusal): void {
    if (status === 400) {
      this.become({ phase: "refused", reason });
      return;
    }
    const pause = Math.max(this.backoff.next(), wait ?? 0);
    this.timer = this.ports.setTimer(() => {
      this.timer = undefined;
      void this.look();
    }, pause);
    this.become({ phase: "waiting", until: this.ports.now() + pause, reason });
  }

  private become(state: TailState): void {
    this.state = state;
    this.pulse.poke();
  }
}

/** Whether `id` is an event that comes after `position`; of another log, everything does. */
function isBehind(position: string, id: string): boolean {
  return epochOfEvent(position) !== epochOfEvent(id) || sequenceOfEvent(position) < sequenceOfEvent(id);
}

function timeText(id: string): string {
  const time = timeOfEvent(id);
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
