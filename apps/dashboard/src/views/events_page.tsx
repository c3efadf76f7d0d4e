import { Suspense, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { eventsAsNdjson } from "../data/event_file";
import { words } from "../data/event_filter";
import type { HubEvent } from "../data/event_parser";
import { type EventQuery, eventQuery, type QueryText } from "../data/event_query";
import { EventTail, type TailEvent } from "../data/event_tail";
import { findEvent } from "../data/log_search";
import { eventSpan } from "../data/time_param";
import { formatCount } from "../format/numbers";
import { changeParams, replacePath, useRested, useRoute, useShortcuts } from "../ui/hooks";
import { useHub } from "../ui/hub";
import { later } from "../ui/later";
import { saveFile } from "../ui/save_file";
import { EventCommands } from "./event_commands";
import { EventInspector } from "./event_inspector";
import { EventList, subjectOf } from "./event_list";
import { Further, NothingFound, SINCE, State } from "./events_state";
import { PublishEvent } from "./publish_event";

// What reads times is not part of the first script.
const EventTimeField = later(() => import("./event_time_field").then(({ EventTimeField: view }) => view));

const FIRST_ROWS = 100;
const MORE_ROWS = 200;
const FILTER_RESTS_MS = 300;

// Scrolled further down than this, a reader is at something that must not move.
const READING_PX = 160;

interface Pause {
  events: TailEvent[];
  found: number;
  /** What holds the list: a reader who asked for it, who has scrolled or gone on, or whose mouse is on a row. */
  by: "button" | "place" | "mouse";
}

export function EventsPage() {
  const { params, id } = useRoute();
  const typed: QueryText = {
    type: params.get("type") ?? "",
    topic: params.get("topic") ?? "",
    text: params.get("text") ?? "",
    where: params.get("where") ?? "",
  };
  const rested = useRested(JSON.stringify(typed), FILTER_RESTS_MS);
  const result = useMemo(() => eventQuery(JSON.parse(rested) as QueryText), [rested]);
  const query = result.ok ? result.query : undefined;
  const chosen = params.get("since") ?? "";
  const from = params.get("from") ?? "";
  const to = params.get("to") ?? "";
  const isTimed = from !== "" || to !== "";
  const since = chosen !== "" && !isTimed ? chosen : query?.isNarrow || isTimed ? "earliest" : "-100";
  const { tail, span } = useTail(query, since, from, to);

  const [rows, setRows] = useState(FIRST_ROWS);
  const [pause, setPause] = useState<Pause>();
  const [dialog, setDialog] = useState<{ like: HubEvent | undefined }>();
  const [said, setSaid] = useState("");
  const [mistyped, setMistyped] = useState("");

  const sought = [rested, from, to].join("\n");
  const [pausedFor, setPausedFor] = useState(sought);
  if (pausedFor !== sought) {
    setPausedFor(sought);
    setMistyped("");
    setPause(undefined);
    setRows(FIRST_ROWS);
  }

  // Already held, it stays as it is, and another reason takes over.
  const hold = useCallback(
    (by: Pause["by"]) =>
      setPause((held) => ({ events: tail.newest(tail.kept), found: tail.found, ...held, by })),
    [tail],
  );
  const isPaused = pause !== undefined && pause.by !== "mouse";
  const toggle = () => (isPaused ? setPause(undefined) : hold("button"));
  useEffect(() => {
    const look = () => {
      if (window.scrollY > READING_PX && !isPaused) hold("place");
      if (window.scrollY < READING_PX / 2 && pause?.by === "place") setPause(undefined);
    };
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [pause, isPaused, hold]);

  const all = pause?.events ?? tail.newest(tail.kept);
  const shown = all.slice(-rows);
  const chosenEvent = useEventWithId(id, all);
  const move = (step: number) => {
    const withIds = shown.filter((event) => event.id !== "");
    const at = withIds.findIndex((event) => event.id === id);
    const next = at < 0 ? withIds.at(-1) : withIds[at + step];
    if (!next) return;
    if (!isPaused) hold("place");
    replacePath(`/events/${next.id}`);
    document.querySelector(`[data-event="${next.id}"]`)?.scrollIntoView({ block: "nearest" });
  };
  useShortcuts({
    p: toggle,
    j: () => move(-1),
    k: () => move(1),
    t: () => document.getElementById("event-time")?.focus(),
  });

  const field = (name: keyof QueryText, label: string, placeholder: string) => (
    <input
      type="search"
      id={name === "type" ? "search" : undefined}
      value={typed[name]}
      aria-label={label}
      placeholder={placeholder}
      aria-invalid={!result.ok && result.field === name}
      onChange={(event) => changeParams({ [name]: event.target.value })}
    />
  );

  return (
    <section className={chosenEvent ? "events inspecting" : "events"}>
      <div className="events-head">
        <h1>Events</h1>
        <div className="toolbar">
          {field("type", "Types", "Types: deploy, -metric_*")}
          {field("topic", "Topics", "Topics: ci/api, ci/#")}
          {field("text", "Text in the data", "Text, or /expression/")}
          {field("where", "Condition", "Where: /value > 90")}
          <Suspense fallback={<input type="search" disabled aria-label="Time, or the id of an event" />}>
            <EventTimeField from={from} to={to} isWrong={mistyped !== "" || !span} onMistyped={setMistyped} />
          </Suspense>
          <label className="sort">
            <span aria-hidden="true">Of</span>
            <select
              aria-label="How far back"
              value={isTimed ? "" : since}
              onChange={(event) => changeParams({ since: event.target.value, from: null, to: null })}
            >
              {isTimed && <option value="">the time given</option>}
              {SINCE.map((choice) => (
                <option key={choice.since} value={choice.since}>
                  {choice.label}
                </option>
              ))}
              {!isTimed && !SINCE.some((choice) => choice.since === since) && (
                <option value={since}>since {since}</option>
              )}
            </select>
          </label>
          <button type="button" aria-pressed={isPaused} aria-keyshortcuts="p" onClick={toggle}>
            {isPaused ? `Resume (${formatCount(tail.found - pause.found)} new)` : "Pause"}
          </button>
          <HideReadings types={typed.type} />
          <button type="button" onClick={() => setDialog({ like: undefined })}>
            Publish
          </button>
        </div>
        <div className="toolbar events-state">
          <State state={tail.state} onStop={() => tail.stop()} />
          {!result.ok && (
            <p className="error" role="alert">
              {result.why}
            </p>
          )}
          {(mistyped !== "" || !span) && (
            <p className="error" role="alert" id="event-time-trouble">
              {mistyped === "" ? "The address has a span of time that cannot be read." : mistyped}
            </p>
          )}
          <p className="reach">
            {all.length > shown.length || tail.found > all.length
              ? `the newest ${formatCount(shown.length)} of ${formatCount(tail.found)}`
              : `${formatCount(shown.length)} ${shown.length === 1 ? "event" : "events"}`}
          </p>
          <button
            type="button"
            className="small"
            title="The events of the list, as lines of JSON"
            disabled={all.length === 0}
            onClick={() => saveEvents(all)}
          >
            Download
          </button>
          <EventCommands typed={typed} since={span?.since || since} until={span?.until} />
        </div>
      </div>
      <div className="events-body">
        <div>
          {shown.length === 0 ? (
            <NothingFound
              state={tail.state}
              isNarrow={query?.isNarrow === true}
              since={since}
              isTimed={isTimed}
            />
          ) : (
            <EventList
              events={shown}
              selected={id}
              onMouse={(isOn) => {
                if (isOn && !pause) hold("mouse");
                else if (!isOn && pause?.by === "mouse") setPause(undefined);
              }}
            />
          )}
          <Further
            hidden={all.length - shown.length}
            since={since}
            isSearched={tail.state.phase === "live" && !isTimed}
            onMore={() => setRows(rows + MORE_ROWS)}
          />
        </div>
        {chosenEvent && (
          <Chosen found={chosenEvent} all={all} onPublishAgain={(like) => setDialog({ like })} />
        )}
      </div>
      <p className="unseen" role="status">
        {said}
      </p>
      {dialog && (
        <PublishEvent
          like={dialog.like}
          onClose={() => setDialog(undefined)}
          onPublished={() => {
            setDialog(undefined);
            setSaid("The event was published.");
          }}
        />
      )}
    </section>
  );
}

function saveEvents(all: readonly TailEvent[]): void {
  const lines = eventsAsNdjson(all.filter(({ id }) => id !== ""));
  saveFile(new Blob([lines], { type: "application/x-ndjson" }), "events.ndjson");
}

const NO_READINGS = "-metric_reading_created";

/** Of a hub with metrics the readings would be all that is seen. */
function HideReadings({ types }: { types: string }) {
  const all = words(types);
  const isOn = all.includes(NO_READINGS);
  const next = isOn ? all.filter((word) => word !== NO_READINGS) : [...all, NO_READINGS];
  return (
    <button type="button" aria-pressed={isOn} onClick={() => changeParams({ type: next.join(", ") })}>
      Hide readings
    </button>
  );
}

/** A tail that is open while the page is. `from` and `to` as in the address; `span` undefined: they cannot be read. */
function useTail(query: EventQuery | undefined, since: string, from: string, to: string) {
  const { ports, live } = useHub();
  const [tail] = useState(() => new EventTail(ports, live));
  const span = useMemo(() => eventSpan(from, to, live.hubNow()), [live, from, to]);
  useEffect(() => {
    if (!query || !span) return undefined;
    tail.open(
      query,
      span.since || since,
      span.until,
      span.until !== undefined && span.until <= live.hubNow(),
    );
    return () => tail.close();
  }, [tail, live, query, since, span]);
  useSyncExternalStore(tail.pulse.beat.subscribe, () => tail.pulse.now);
  return { tail, span };
}

/** `why`: it could not be asked for. */
type Found = { event: HubEvent } | { missing: string; why: string };

/** The event of the address: from the list, or, behind a link, from the log. */
function useEventWithId(id: string, all: readonly TailEvent[]): Found | undefined {
  const { ports } = useHub();
  const [fetched, setFetched] = useState<{ id: string; event: HubEvent | undefined; why: string }>();
  const listed = id === "" ? undefined : all.find((event) => event.id === id);
  // Once it was seen, it stays: the list goes on without it.
  const [kept, setKept] = useState<HubEvent>();
  if (listed && kept?.id !== id) setKept(listed);
  const known = listed ?? (kept?.id === id ? kept : undefined);
  const isUnknown = id !== "" && known === undefined && fetched?.id !== id;
  useEffect(() => {
    if (!isUnknown) return undefined;
    const asking = new AbortController();
    findEvent(ports, id, asking.signal).then(
      (event) => setFetched({ id, event, why: "" }),
      (error: unknown) => {
        if (asking.signal.aborted) return;
        setFetched({ id, event: undefined, why: error instanceof Error ? error.message : "no answer" });
      },
    );
    return () => asking.abort();
  }, [ports, id, isUnknown]);
  if (id === "") return undefined;
  if (known) return { event: known };
  if (fetched?.id !== id) return undefined;
  return fetched.event ? { event: fetched.event } : { missing: id, why: fetched.why };
}

interface ChosenProps {
  found: Found;
  all: readonly TailEvent[];
  onPublishAgain: (event: HubEvent) => void;
}

function Chosen({ found, all, onPublishAgain }: ChosenProps) {
  const { live } = useHub();
  const close = () => replacePath("/events");
  if ("missing" in found) {
    return (
      <section className="inspector">
        <h2>No such event</h2>
        <p className="hint" role="alert">
          {found.why === ""
            ? "The log of the hub has no event"
            : `It is not known (${found.why}) of the event`}{" "}
          <code>{found.missing}</code>
          {found.why === "" ? " (any more)." : "."}
        </p>
        <button type="button" onClick={close}>
          Close
        </button>
      </section>
    );
  }
  const { event } = found;
  const isBefore = (other: HubEvent) =>
    other.id < event.id && other.id !== "" && other.type === event.type && other.topic === event.topic;
  return (
    <EventInspector
      key={event.id}
      event={event}
      subject={subjectOf(event, live.store)}
      previous={all.findLast(isBefore)}
      onPublishAgain={onPublishAgain}
      onClose={close}
    />
  );
}
