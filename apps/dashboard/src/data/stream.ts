import type { Ports } from "./ports";
import { asObject } from "./rows";

export const METRIC_EVENTS = ["metric_created", "metric_reading_created", "metric_deleted"] as const;
export type MetricEventType = (typeof METRIC_EVENTS)[number];

export interface RawEvent {
  type: MetricEventType;
  id: string;
  data: string;
}

export interface Gap {
  /** null: the hub cannot know. */
  missed: number | null;
  reason: string;
}

export interface StreamListener {
  opened(): void;
  received(event: RawEvent): void;
  /** The hub no longer has what follows our cursor. */
  gap(gap: Gap): void;
  /** The hub closes the stream and says in how many milliseconds it wants us back. */
  closing(reason: string, retry: number): void;
  /** The connection ended, whatever the reason. Nothing comes after it. */
  lost(): void;
}

/**
 * One EventSource from its opening to its end. It never reconnects by itself: the browser's own reconnecting
 * can neither be timed nor shown, gives up for ever after some answers, and goes on while a tab is hidden.
 */
export class Stream {
  private readonly source: EventSource;
  private closed = false;

  constructor(ports: Ports, cursor: string, listener: StreamListener) {
    const source = ports.openEventSource(`/events/watch?last_event_id=${encodeURIComponent(cursor)}`);
    this.source = source;
    source.addEventListener("open", () => listener.opened());
    for (const type of METRIC_EVENTS) {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        listener.received({ type, id: event.lastEventId, data: event.data });
      });
    }
    source.addEventListener("sse.gap", (event: MessageEvent<string>) => {
      const data = parseObject(event.data);
      const missed = typeof data?.missed === "number" ? data.missed : null;
      listener.gap({ missed, reason: typeof data?.reason === "string" ? data.reason : "unknown" });
    });
    source.addEventListener("sse.closing", (event: MessageEvent<string>) => {
      const data = parseObject(event.data);
      const retry = typeof data?.retry === "number" ? data.retry : 0;
      listener.closing(typeof data?.reason === "string" ? data.reason : "unknown", retry);
    });
    source.addEventListener("error", () => {
      if (this.closed) return;
      this.close();
      listener.lost();
    });
  }

  /** Nothing comes after this. */
  close(): void {
    this.closed = true;
    this.source.close();
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}
