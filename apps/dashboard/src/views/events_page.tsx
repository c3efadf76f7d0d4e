import { memo, useEffect, useState, useSyncExternalStore } from "react";

import { timeOfEvent } from "../data/event_id";
import { EventTail, type TailEvent, type TailState } from "../data/event_tail";
import type { MetricStore } from "../data/metric_store";
import { asObject } from "../data/rows";
import { formatCount } from "../format/numbers";
import { formatExactTime } from "../format/times";
import { changeParams, useRested, useRoute, useSecond, useShortcuts } from "../ui/hooks";
import { useHub } from "../ui/hub";

const ROWS = 100;
const FILTER_RESTS_MS = 300;

interface Pause {
  events: TailEvent[];
  received: number;
}

export function EventsPage() {
  const { params } = useRoute();
  const [type, setType] = useState(params.get("type") ?? "");
  const [topic, setTopic] = useState(params.get("topic") ?? "");
  const [pause, setPause] = useState<Pause>();
  const tail = useTail(useRested(type, FILTER_RESTS_MS), useRested(topic, FILTER_RESTS_MS));

  const shown = pause?.events ?? tail.newest(ROWS);
  const filter = (name: "type" | "topic", value: string) => {
    (name === "type" ? setType : setTopic)(value);
    setPause(undefined);
    changeParams({ [name]: value });
  };

  const toggle = () => setPause(pause ? undefined : { events: tail.newest(ROWS), received: tail.received });
  useShortcuts({ p: toggle });

  return (
    <section className="events">
      <h1>Events</h1>
      <div className="toolbar">
        <input
          type="search"
          id="search"
          value={type}
          aria-label="Types"
          placeholder="Types: deploy, metric_*"
          onChange={(event) => filter("type", event.target.value)}
        />
        <input
          type="search"
          value={topic}
          aria-label="Topics"
          placeholder="Topics: ci/api, ci/#"
          onChange={(event) => filter("topic", event.target.value)}
        />
        <button type="button" aria-pressed={pause !== undefined} aria-keyshortcuts="p" onClick={toggle}>
          {pause ? `Go on (${formatCount(tail.received - pause.received)} new)` : "Pause"}
        </button>
        <p className="count" role="status">
          {stateText(tail.state)}
        </p>
        <p className="reach">
          {tail.received > ROWS && `the newest ${ROWS} of ${formatCount(tail.received)}`}
        </p>
      </div>
      <EventList events={shown} />
    </section>
  );
}

/** A tail that is open while the page is, and looked at. */
function useTail(type: string, topic: string): EventTail {
  const { ports } = useHub();
  const [tail] = useState(() => new EventTail(ports));
  useEffect(() => {
    tail.open({ type, topic });
    const look = () => {
      if (document.visibilityState === "hidden") tail.close();
      else tail.resume();
    };
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      tail.close();
    };
  }, [tail, type, topic]);
  useSyncExternalStore(tail.pulse.beat.subscribe, () => tail.pulse.now);
  return tail;
}

function stateText(state: TailState): string {
  switch (state.phase) {
    case "closed":
      return "";
    case "connecting":
      return "connecting";
    case "open":
      return "live";
    case "waiting":
      return `${state.reason}; trying again soon`;
  }
}

function EventList({ events }: { events: readonly TailEvent[] }) {
  const { live } = useHub();
  const minute = Math.floor(useSecond() / 60_000) * 60_000; // times say their day when it is another one
  if (events.length === 0) {
    return (
      <p className="nothing">
        Nothing yet. Try{" "}
        <code>{`curl -d '{"type":"deploy","topic":"ci/api","data":{"version":"1.2.3"}}' ${window.location.origin}/events`}</code>
      </p>
    );
  }
  return (
    <ol className="event-list" reversed>
      {events.toReversed().map((event) => (
        <EventRow key={event.key} event={event} subject={subjectOf(event, live.store)} now={minute} />
      ))}
    </ol>
  );
}

interface EventRowProps {
  event: TailEvent;
  subject: string;
  now: number;
}

const EventRow = memo(function EventRow({ event, subject, now }: EventRowProps) {
  const time = timeOfEvent(event.id);
  return (
    <li className={event.type.startsWith("sse.") ? "from-hub" : undefined}>
      <details>
        <summary>
          <span className="event-time">{Number.isNaN(time) ? "" : formatExactTime(time, now)}</span>
          <span className="event-type">{event.type}</span>
          <span className="event-topic">{subject}</span>
          <code className="event-data">{event.data}</code>
        </summary>
        <dl>
          <dt>id</dt>
          <dd>{event.id === "" ? "none" : event.id}</dd>
          <dt>topic</dt>
          <dd>{event.topic === "" ? "none" : event.topic}</dd>
          <dt>data</dt>
          <dd>
            <pre>{pretty(event.data)}</pre>
          </dd>
        </dl>
      </details>
    </li>
  );
});

/** The topic; for a metric's events, which leave it out, the metric's name. */
function subjectOf(event: TailEvent, store: MetricStore): string {
  if (event.topic !== "" || !event.type.startsWith("metric_")) return event.topic;
  try {
    const data = asObject(JSON.parse(event.data));
    const id = data?.metric_id ?? data?.id;
    return typeof id === "string" ? (store.find(id)?.name ?? "") : "";
  } catch {
    return "";
  }
}

function pretty(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), undefined, 2);
  } catch {
    return data;
  }
}
