import { EventParser, type HubEvent } from "./event_parser";
import type { Ports } from "./ports";
import { parseObject } from "./rows";
import { type Refusal, refusalOf, refusedText } from "./refusal";

/** What a stream is asked for: everything that passes the filter behind the cursor. Empty lists let all pass. */
export interface StreamRequest {
  cursor: string;
  types: readonly string[];
  topics: readonly string[];
  /** The shortest time between two sends of the hub, as `500ms`; empty: each event at once. */
  every: string;
}

export interface StreamHead {
  /** After so many milliseconds without a byte something is wrong. */
  heartbeat: number;
  /** The newest event when the stream began: what comes behind it is live. Empty when the hub did not say. */
  head: string;
  /** The header Date, and when the request was sent: together they say something about the hub's clock. */
  date: string | null;
  sent: number;
}

export interface Gap {
  /** null: the hub cannot know. */
  missed: number | null;
  reason: string;
}

export interface StreamListener {
  opened(head: StreamHead): void;
  /** Something came down the stream, were it a heartbeat. */
  heard(): void;
  received(event: HubEvent): void;
  /** The cursor is behind this id, whatever the filter let through. */
  moved(id: string): void;
  /** The hub no longer has what follows our cursor. `first`: the oldest event that it has. */
  gap(gap: Gap, first: string): void;
  /** The hub closes the stream and says in how many milliseconds it wants us back. */
  closing(reason: string, retry: number): void;
  /** Why there is no stream any more; the status is 0 when it had begun. Nothing comes after it. */
  ended(end: Refusal): void;
}

export interface StreamHandle {
  /** Nothing comes after this, not even ended(). */
  close(): void;
}

export type StreamPorts = Pick<Ports, "fetch" | "now" | "setTimer" | "clearTimer">;

const USUAL_HEARTBEAT = 15_000;

// A hub that is stopped accepts connections and says nothing.
const HEAD_WITHIN = 10_000;

/** The path and query of a stream, relative to the page. */
export function streamUrl(request: StreamRequest): string {
  const query = new URLSearchParams({ last_event_id: request.cursor });
  for (const type of request.types) query.append("type", type);
  for (const topic of request.topics) query.append("topic", topic);
  if (request.every !== "") query.set("every", request.every);
  return `events/watch?${query.toString()}`;
}

/**
 * One stream from its opening to its end, read by fetch: an EventSource shows neither statuses nor heartbeats, gives
 * up for ever after some of them, and cannot be told when to come back. This never comes back by itself.
 */
export function openStream(
  ports: StreamPorts,
  request: StreamRequest,
  listener: StreamListener,
): StreamHandle {
  const connection = new AbortController();
  void follow(ports, request, listener, connection);
  return { close: () => connection.abort() };
}

async function follow(
  ports: StreamPorts,
  request: StreamRequest,
  listener: StreamListener,
  connection: AbortController,
): Promise<void> {
  const { signal } = connection;
  const isClosed = () => signal.aborted;
  const end = (status: number, reason: string, wait?: number) => {
    if (isClosed()) return;
    connection.abort();
    listener.ended({ status, reason, wait });
  };
  const sent = ports.now();
  const limit = ports.setTimer(() => end(0, "the hub does not answer"), HEAD_WITHIN);
  let response: Response;
  try {
    response = await ports.fetch(streamUrl(request), {
      signal,
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
    });
  } catch {
    end(0, "the hub cannot be reached");
    return;
  } finally {
    ports.clearTimer(limit);
  }
  if (isClosed()) return;
  const refused = response.headers.get("SSE-Refused");
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") === true;
  if (!response.ok || !response.body || !isStream) {
    const { status, reason, wait } = await refusalOf(response);
    end(status, reason, wait);
    return;
  }
  let retry: number | undefined;
  const isOpen = refused === null;
  if (isOpen) {
    const heartbeat = Number(response.headers.get("SSE-Heartbeat")) * 1_000 || USUAL_HEARTBEAT;
    const head = response.headers.get("SSE-Head") ?? "";
    listener.opened({ heartbeat, head, date: response.headers.get("Date"), sent });
  }
  const parser = new EventParser({
    event: (event) => {
      if (isOpen && !isClosed()) dispatch(event, listener);
    },
    moved: (id) => {
      if (isOpen && !isClosed()) listener.moved(id);
    },
    retry: (milliseconds) => {
      retry = milliseconds;
    },
  });
  const letters = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isClosed()) break;
      if (isOpen) listener.heard();
      parser.feed(letters.decode(value, { stream: true }));
      if (isClosed()) break;
    }
  } catch {
    // An end like any other: what was read is known.
  }
  if (refused === null) end(0, "the connection was lost");
  else end(response.status, refusedText(refused), retry);
}

function dispatch(event: HubEvent, listener: StreamListener): void {
  if (event.type === "sse.gap") {
    const data = parseObject(event.data);
    const missed = typeof data?.missed === "number" ? data.missed : null;
    const first = typeof data?.oldest === "string" ? data.oldest : "";
    listener.gap({ missed, reason: typeof data?.reason === "string" ? data.reason : "unknown" }, first);
  } else if (event.type === "sse.closing") {
    const data = parseObject(event.data);
    const retry = typeof data?.retry === "number" ? data.retry : 0;
    listener.closing(typeof data?.reason === "string" ? data.reason : "unknown", retry);
  } else {
    listener.received(event);
  }
}
