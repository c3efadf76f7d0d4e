import { createParser } from "eventsource-parser";

import { Backoff } from "./backoff";
import type { Ports } from "./ports";
import { Pulse } from "./pulse";

export interface TailEvent {
  /** Unique on this page: what the hub says about the stream has no event id. */
  key: number;
  id: string;
  type: string;
  topic: string;
  data: string;
}

export interface TailFilter {
  type: string;
  topic: string;
}

export type TailState =
  | { phase: "closed" }
  | { phase: "connecting" }
  | { phase: "open" }
  | { phase: "waiting"; until: number; reason: string };

const MOST_KEPT = 1_000;
const FIRST_SHOWN = 100;
const BETWEEN_LOOKS = 250; // a whole list changes: slower than single numbers, or it cannot be read
const SILENT_HEARTBEATS = 3;
const USUAL_HEARTBEAT = 15_000;

/**
 * All events, of whatever type, as they come: an EventSource hands over only the types that one listens for
 * by name, so this reads the stream itself. Open only while somebody looks at it.
 */
export class EventTail {
  readonly pulse: Pulse;
  state: TailState = { phase: "closed" };
  received = 0;

  private events: TailEvent[] = [];
  private readonly backoff: Backoff;
  private filter: TailFilter = { type: "", topic: "" };
  private lastEventId = "";
  private retry = 0;
  private connection: AbortController | undefined;
  private timer: number | undefined;

  constructor(private readonly ports: Ports) {
    this.pulse = new Pulse(ports, BETWEEN_LOOKS);
    this.backoff = new Backoff(() => ports.random());
  }

  /** The newest events, oldest first; a new array when it is asked for. */
  newest(count: number): TailEvent[] {
    return this.events.slice(-count);
  }

  /** Begins anew: what another filter let through does not belong here. */
  open(filter: TailFilter): void {
    this.close();
    this.filter = filter;
    this.events = [];
    this.received = 0;
    this.lastEventId = "";
    this.backoff.reset();
    this.resume();
  }

  /** Goes on behind the last event, after close(). */
  resume(): void {
    this.close();
    this.pulse.start();
    void this.read();
  }

  close(): void {
    this.connection?.abort();
    this.connection = undefined;
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
    this.pulse.stop();
    this.state = { phase: "closed" };
  }

  private async read(): Promise<void> {
    const connection = new AbortController();
    this.connection = connection;
    this.become({ phase: "connecting" });
    let reason = "the stream ended";
    try {
      const response = await this.ports.fetch(this.url(), {
        signal: connection.signal,
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
      });
      if (response.ok && response.body) {
        if (!response.headers.has("SSE-Refused")) this.become({ phase: "open" });
        const heartbeat = Number(response.headers.get("SSE-Heartbeat")) * 1_000 || USUAL_HEARTBEAT;
        await this.follow(response.body, connection, heartbeat * SILENT_HEARTBEATS);
        const refused = response.headers.get("SSE-Refused");
        if (refused !== null) reason = `the hub refused the stream (${refused})`;
      } else {
        reason = await errorText(response);
      }
    } catch {
      reason = "the hub cannot be reached";
    }
    if (this.connection !== connection) return; // closed by us
    const wait = Math.max(this.backoff.next(), this.retry);
    this.timer = this.ports.setTimer(() => this.resume(), wait);
    this.become({ phase: "waiting", until: this.ports.now() + wait, reason });
  }

  private async follow(body: ReadableStream<Uint8Array>, connection: AbortController, silence: number) {
    const reader = body
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .getReader();
    let topic = "";
    const parser = createParser({
      onEvent: (event) => {
        this.keep(event.id ?? "", event.event ?? "message", topic, event.data);
        topic = "";
      },
      onRetry: (retry) => {
        this.retry = retry;
      },
      // The field `topic` is the hub's own; to the standard, and to the parser, it is an unknown one.
      onError: (error) => {
        if (error.type === "unknown-field" && error.field === "topic") topic = error.value ?? "";
      },
    });
    for (;;) {
      const limit = this.ports.setTimer(() => connection.abort(), silence);
      const { done, value } = await reader.read().finally(() => this.ports.clearTimer(limit));
      if (done || this.connection !== connection) return;
      parser.feed(value);
      this.pulse.poke();
    }
  }

  private keep(id: string, type: string, topic: string, data: string): void {
    this.received += 1;
    this.backoff.reset();
    if (id !== "") this.lastEventId = id;
    this.events.push({ key: this.received, id, type, topic, data });
    if (this.events.length > 2 * MOST_KEPT) this.events = this.events.slice(-MOST_KEPT);
  }

  private url(): string {
    const query = new URLSearchParams();
    const types = words(this.filter.type);
    const topics = words(this.filter.topic);
    if (this.lastEventId !== "") query.set("last_event_id", this.lastEventId);
    // The hub counts before it filters, so the last hundred may hold nothing that matches.
    else query.set("since", types.length + topics.length > 0 ? "earliest" : `-${FIRST_SHOWN}`);
    for (const type of types) query.append("type", type);
    for (const topic of topics) query.append("topic", topic);
    return `/events/watch?${query.toString()}`;
  }

  private become(state: TailState): void {
    this.state = state;
    this.pulse.poke();
  }
}

/** Several in one field, with commas or blanks between them. */
function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

async function errorText(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { error?: string }).error ?? `the hub answered ${response.status}`;
  } catch {
    return `the hub answered ${response.status}`;
  }
}
