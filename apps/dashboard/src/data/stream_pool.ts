import { passes } from "./event_filter";
import { epochOfEvent, sequenceOfEvent } from "./event_id";
import type { HubEvent } from "./event_parser";
import type { Ports } from "./ports";
import type { Gap, StreamHandle, StreamHead, StreamListener, StreamRequest } from "./stream";

interface Member {
  request: StreamRequest;
  listener: StreamListener;
  /** Behind all that it was given. */
  cursor: string;
}

/**
 * One stream for all windows of a browser, which has six connections to a host: it lets through what any of them
 * wants, from the oldest of their cursors on, and each is given what is its own, once. Every window decides for
 * itself when to come back after an end.
 */
export class StreamPool {
  private readonly members = new Set<Member>();
  private stream: StreamHandle | undefined;

  constructor(private readonly ports: Pick<Ports, "openStream">) {}

  open(request: StreamRequest, listener: StreamListener): StreamHandle {
    const member: Member = { request, listener, cursor: request.cursor };
    this.members.add(member);
    this.reopen(member);
    return {
      close: () => {
        if (!this.members.delete(member)) return;
        // What is left goes on: a stream that lets through too much is better than one that was cut.
        if (this.members.size === 0) this.end();
      },
    };
  }

  private end(): void {
    this.stream?.close();
    this.stream = undefined;
  }

  private reopen(newest: Member): void {
    this.end();
    const all = [...this.members];
    const cursor = oldest(newest.cursor, all);
    this.stream = this.ports.openStream(
      {
        cursor,
        types: union(all.map(({ request }) => request.types)),
        topics: union(all.map(({ request }) => request.topics)),
        every: newest.request.every,
      },
      {
        opened: (head) => this.opened(head),
        heard: () => this.each(({ listener }) => listener.heard()),
        received: (event) => this.received(event),
        moved: (id) => this.moved(id),
        gap: (gap, first) => this.gap(cursor, gap, first),
        closing: (reason, retry) => this.finish(({ listener }) => listener.closing(reason, retry)),
        ended: (end) => this.finish(({ listener }) => listener.ended(end)),
      },
    );
  }

  private opened(head: StreamHead): void {
    this.each((member) => {
      const isOfAnother = epochOfEvent(member.cursor) !== epochOfEvent(head.head) && head.head !== "";
      member.listener.opened(head);
      // Nothing would tell it: the stream was opened with another cursor.
      if (isOfAnother && this.members.size > 1) {
        this.members.delete(member);
        member.listener.gap({ missed: null, reason: "other-stream" }, "");
      }
    });
  }

  private received(event: HubEvent): void {
    this.each((member) => {
      if (isSeen(member.cursor, event.id)) return;
      if (passes(member.request, event)) member.listener.received(event);
    });
  }

  private moved(id: string): void {
    this.each((member) => {
      if (isSeen(member.cursor, id)) return;
      member.cursor = id;
      member.listener.moved(id);
    });
  }

  /** Only those have missed something whose cursor is in front of what is left. */
  private gap(cursor: string, gap: Gap, first: string): void {
    this.each((member) => {
      const hasMissed =
        member.cursor === cursor ||
        epochOfEvent(member.cursor) !== epochOfEvent(first) ||
        sequenceOfEvent(member.cursor) < sequenceOfEvent(first) - 1;
      if (hasMissed) member.listener.gap(gap, first);
    });
  }

  private finish(tell: (member: Member) => void): void {
    const all = [...this.members];
    this.members.clear();
    this.end();
    for (const member of all) tell(member);
  }

  private each(call: (member: Member) => void): void {
    for (const member of [...this.members]) if (this.members.has(member)) call(member);
  }
}

function oldest(cursor: string, all: readonly Member[]): string {
  const epoch = epochOfEvent(cursor);
  let found = cursor;
  for (const { cursor: other } of all) {
    if (epochOfEvent(other) === epoch && sequenceOfEvent(other) < sequenceOfEvent(found)) found = other;
  }
  return found;
}

function isSeen(cursor: string, id: string): boolean {
  return epochOfEvent(cursor) === epochOfEvent(id) && sequenceOfEvent(id) <= sequenceOfEvent(cursor);
}

/** An empty list lets everything through. */
function union(lists: readonly (readonly string[])[]): string[] {
  if (lists.some((list) => list.length === 0)) return [];
  return [...new Set(lists.flat())];
}
