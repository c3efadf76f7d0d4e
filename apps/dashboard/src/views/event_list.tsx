import { type CSSProperties, memo } from "react";

import { metricOf } from "../data/event_filter";
import { timeOfEvent } from "../data/event_id";
import type { HubEvent } from "../data/event_parser";
import type { TailEvent } from "../data/event_tail";
import { nodeAt, parseJson } from "../data/json_tree";
import type { MetricStore } from "../data/metric_store";
import { formatAgo, formatExactTime } from "../format/times";
import { beginning, visible } from "../format/texts";
import { replacePath, useSecond } from "../ui/hooks";
import { useHub } from "../ui/hub";

// Of a row's data, what can be seen.
const MOST_LETTERS = 300;

interface EventListProps {
  /** Oldest first; the newest is shown on top. */
  events: readonly TailEvent[];
  /** The id of the event that is inspected. */
  selected: string;
  /** The mouse moves on the list, or has left it. */
  onMouse: (isOn: boolean) => void;
}

export function EventList({ events, selected, onMouse }: EventListProps) {
  const { live } = useHub();
  const minute = Math.floor(useSecond() / 60_000) * 60_000; // times say their day when it is another one
  return (
    <ol
      className="event-list"
      reversed
      aria-label="Events"
      // A move, not an entry: a list that comes to lie under a mouse at rest goes on.
      onPointerMove={(event) => event.pointerType === "mouse" && onMouse(true)}
      onPointerLeave={() => onMouse(false)}
    >
      {events.toReversed().map((event) => (
        <EventRow
          key={event.key}
          event={event}
          subject={subjectOf(event, live.store)}
          now={minute}
          isSelected={event.id !== "" && event.id === selected}
        />
      ))}
    </ol>
  );
}

interface EventRowProps {
  event: TailEvent;
  subject: string;
  now: number;
  isSelected: boolean;
}

const EventRow = memo(function EventRow({ event, subject, now, isSelected }: EventRowProps) {
  const { live } = useHub();
  const time = timeOfEvent(event.id);
  const isOurs = event.type.startsWith("sse.") || event.type.startsWith("page.");
  const cells = (
    <>
      <span
        className="event-time"
        // As it is when the mouse comes: a list that counted seconds would never rest.
        onPointerEnter={({ currentTarget }) => {
          if (!Number.isNaN(time)) currentTarget.title = formatAgo(time, live.hubNow());
        }}
      >
        {Number.isNaN(time) ? "" : formatExactTime(time, now)}
      </span>
      <span className="event-type">
        <span
          className="event-dot"
          style={{ "--hue": hueOf(event.type) } as CSSProperties}
          aria-hidden="true"
        />
        <bdi>{visible(event.type)}</bdi>
      </span>
      <span className="event-topic">
        <bdi>{visible(subject)}</bdi>
      </span>
      <code className="event-data">{visible(beginning(essenceOf(event), MOST_LETTERS))}</code>
    </>
  );
  if (event.id === "") return <li className={isOurs ? "event-row from-hub" : "event-row"}>{cells}</li>;
  return (
    <li>
      <button
        type="button"
        className="event-row"
        data-event={event.id}
        aria-pressed={isSelected}
        onClick={() => replacePath(isSelected ? "/events" : `/events/${event.id}`)}
      >
        {cells}
      </button>
    </li>
  );
});

/** The topic; for a metric's events the metric's name. */
export function subjectOf(event: HubEvent, store: MetricStore): string {
  const metric = metricOf(event);
  return metric === "" ? event.topic : (store.find(metric)?.name ?? event.topic);
}

/** What a row is read for: of a reading its value, and not the two ids in front of it. */
function essenceOf(event: HubEvent): string {
  if (event.type !== "metric_reading_created") return event.data;
  const node = parseJson(event.data);
  const value = node && nodeAt(node, "/value");
  return value?.kind === "number" ? value.text : event.data;
}

/** The same colour for the same type, whichever page it is on. */
function hueOf(type: string): number {
  let hash = 0;
  for (let index = 0; index < type.length; index += 1) hash = (hash * 31 + type.charCodeAt(index)) % 360_007;
  return hash % 360;
}
