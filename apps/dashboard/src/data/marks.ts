import { words } from "./event_filter";
import { timeOfEvent } from "./event_id";
import { eventQuery } from "./event_query";
import { EventTail } from "./event_tail";
import type { LiveMetrics } from "./live_metrics";
import type { Ports } from "./ports";
import { asObject } from "./rows";
import { Signal } from "./signal";

/** An event that charts show as an upright line. */
export interface Mark {
  id: string;
  type: string;
  topic: string;
  data: string;
  time: number;
}

// Of a type that comes often, the charts would be nothing but marks.
const MOST_MARKS = 200;

/** The events of chosen types over the time that is shown, and those that come. */
export class MarkBook {
  readonly changed = new Signal();
  /** Ascending by time. */
  list: readonly Mark[] = [];
  private readonly tail: EventTail;
  private key = "";
  private seen = -1;

  constructor(ports: Ports, live: Pick<LiveMetrics, "watch">) {
    this.tail = new EventTail(ports, live);
    this.tail.pulse.beat.subscribe(() => this.look());
  }

  /** `types`: patterns, as in the field of the events page; none: no marks. `since`: the hub's parameter. */
  follow(types: string, since: string): void {
    const key = words(types).length === 0 ? "" : `${types}\n${since}`;
    if (key === this.key) return;
    this.key = key;
    this.seen = -1;
    this.tail.close();
    if (key === "") {
      this.list = [];
      this.changed.emit();
      return;
    }
    const result = eventQuery({ type: types, topic: "", text: "", where: "" });
    if (result.ok) this.tail.open(result.query, since);
  }

  /** What is wrong with the types; empty: nothing. */
  get trouble(): string {
    const { state } = this.tail;
    return state.phase === "refused" || state.phase === "waiting" ? state.reason : "";
  }

  private look(): void {
    if (this.tail.found === this.seen) return;
    this.seen = this.tail.found;
    this.list = this.tail
      .newest(this.tail.kept)
      .filter(({ id }) => id !== "")
      .slice(-MOST_MARKS)
      .map(({ id, type, topic, data }) => ({ id, type, topic, data, time: timeOfEvent(id) }));
    this.changed.emit();
  }
}

/** The types of the newest events, the most frequent first: those of metrics are left out. */
export async function recentTypes(ports: Pick<Ports, "fetch">, signal: AbortSignal): Promise<string[]> {
  const response = await ports.fetch("events?since=-1000&limit=1000", { signal, cache: "no-store" });
  const json: unknown = response.ok ? await response.json() : undefined;
  const events = asObject(json)?.events;
  const counts = new Map<string, number>();
  for (const event of Array.isArray(events) ? events : []) {
    const type = asObject(event)?.type;
    if (typeof type !== "string" || type.startsWith("metric_") || type === "") continue;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([type]) => type);
}
