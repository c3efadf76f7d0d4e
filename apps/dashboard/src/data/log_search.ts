import { sequenceOfEvent, timeOfEvent } from "./event_id";
import type { EventQuery } from "./event_query";
import type { HubEvent } from "./event_parser";
import type { Ports } from "./ports";
import { refusalOf, RefusedError, strangerOf, UNREACHED } from "./refusal";
import { asObject, parseObject } from "./rows";
import type { Gap } from "./stream";

export interface SearchPage {
  /** Those that match, oldest first. */
  events: HubEvent[];
  /** Behind everything that was looked at. */
  cursor: string;
  /** Where the log ended when the search began, or the first event behind the end of the search. */
  head: string;
  /** Of the log, how many events are behind the page, and how many there were to look at; undefined: not known. */
  looked: number | undefined;
  all: number | undefined;
  /** The time of the cursor by the hub's clock. */
  at: number;
  gap: Gap | undefined;
  isLast: boolean;
  /** The log goes on behind the time at which the search ends. */
  isBounded: boolean;
}

// Also the hub's own limit: an answer ends behind 8 MiB.
const MOST_OF_A_PAGE = 1_000;

/** Where a search begins: a parameter of the hub, `since` or `after`. */
export type Start = { since: string } | { after: string };

/**
 * The log from `start` to its head, page by page. Ends with the page that reaches the head that there was at the
 * beginning, or the last event before the time `until`. Throws a RefusedError when there is no answer to use.
 */
export async function* searchLog(
  ports: Pick<Ports, "fetch">,
  start: Start,
  query: EventQuery,
  signal: AbortSignal,
  until?: number,
): AsyncGenerator<SearchPage> {
  const behind = until === undefined ? undefined : await firstSince(ports, until, signal);
  // Without a position the hub says where the log ends.
  const head = behind ?? (await poll(ports, new URLSearchParams({ limit: "1" }), signal)).cursor;
  const isBounded = behind !== undefined;
  const last = sequenceOfEvent(head) - (isBounded ? 1 : 0);
  let first: number | undefined;
  let position: Start = start;
  for (;;) {
    const left =
      isBounded && "after" in position ? last - sequenceOfEvent(position.after) : Number.POSITIVE_INFINITY;
    const limit = Math.max(1, Math.min(left, MOST_OF_A_PAGE));
    const parameters = new URLSearchParams({ ...position, limit: String(limit) });
    for (const type of query.filter.types) parameters.append("type", type);
    for (const topic of query.filter.topics) parameters.append("topic", topic);
    const { events, cursor, gap } = await poll(ports, parameters, signal);
    const here = sequenceOfEvent(cursor);
    first ??= firstOf(start, events, last);
    const isStuck = "after" in position && position.after === cursor;
    const isLast = !(here < last) || isStuck;
    const looked = first === undefined ? undefined : Math.max(0, Math.min(here, last) - first + 1);
    const all = first === undefined ? undefined : Math.max(0, last - first + 1);
    const isBefore = ({ id }: HubEvent) => !isBounded || sequenceOfEvent(id) <= last;
    const found = events.filter((event) => isBefore(event) && query.matches(event));
    yield { events: found, cursor, head, looked, all, at: timeOfEvent(cursor), gap, isLast, isBounded };
    if (isLast) return;
    position = { after: cursor };
  }
}

/** The id of the first event that is not before a time; undefined when there is none yet. */
async function firstSince(
  ports: Pick<Ports, "fetch">,
  time: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const parameters = new URLSearchParams({ since: new Date(time).toISOString(), limit: "1" });
  return (await poll(ports, parameters, signal)).events[0]?.id;
}

/** The event with this id; undefined when the log no longer has it. */
export async function findEvent(
  ports: Pick<Ports, "fetch">,
  id: string,
  signal: AbortSignal,
): Promise<HubEvent | undefined> {
  const head = (await poll(ports, new URLSearchParams({ limit: "1" }), signal)).cursor;
  const back = sequenceOfEvent(head) - sequenceOfEvent(id) + 1;
  if (!(back > 0)) return undefined;
  // More may have been published since the head was asked for: then there are as many more in front of it.
  const parameters = new URLSearchParams({ since: `-${back}`, limit: "200" });
  const { events } = await poll(ports, parameters, signal);
  return events.find((event) => event.id === id);
}

/** The number of the first event that a search looks at, as far as it can be told. */
function firstOf(start: Start, events: HubEvent[], last: number): number | undefined {
  if ("after" in start) return sequenceOfEvent(start.after) + 1;
  const newest = /^-(\d+)$/.exec(start.since);
  if (newest) return Math.max(1, last - Number(newest[1]) + 1);
  const first = events[0];
  return first && sequenceOfEvent(first.id);
}

async function poll(ports: Pick<Ports, "fetch">, parameters: URLSearchParams, signal: AbortSignal) {
  const response = await ports
    .fetch(`events?${parameters.toString()}`, { signal, cache: "no-store" })
    .catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new RefusedError(UNREACHED);
    });
  if (!response.ok) throw new RefusedError(await refusalOf(response));
  const answer = parseObject(await response.text());
  if (typeof answer?.cursor !== "string" || !Array.isArray(answer.events)) {
    throw new RefusedError(strangerOf(response.status));
  }
  const events = (answer.events as unknown[]).flatMap((json) => hubEvent(json) ?? []);
  return { events, cursor: answer.cursor, gap: gapOf(answer.gap) };
}

function hubEvent(json: unknown): HubEvent | undefined {
  const { id, type, topic, data } = asObject(json) ?? {};
  if (typeof id !== "string" || typeof type !== "string" || typeof data !== "string") return undefined;
  return { id, type, topic: typeof topic === "string" ? topic : "", data };
}

function gapOf(json: unknown): Gap | undefined {
  const gap = asObject(json);
  if (!gap) return undefined;
  const missed = typeof gap.missed === "number" ? gap.missed : null;
  return { missed, reason: typeof gap.reason === "string" ? gap.reason : "unknown" };
}
