import { type ReactNode, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { words } from "../data/event_filter";
import type { HubEvent } from "../data/event_parser";
import { type EventQuery, eventQuery, type QueryText } from "../data/event_query";
import { EventTail, type TailEvent, type TailState } from "../data/event_tail";
import { findEvent } from "../data/log_search";
import { formatCount } from "../format/numbers";
import { formatClock } from "../format/times";
import {
  changeParams,
  replacePath,
  useConnection,
  useRested,
  useRoute,
  useSecond,
  useShortcuts,
} from "../ui/hooks";
import { useHub } from "../ui/hub";
import { EventCommands } from "./event_commands";
import { EventInspector } from "./event_inspector";
import { EventList, subjectOf } from "./event_list";
import { PublishEvent } from "./publish_event";

const FIRST_ROWS = 100;
const MORE_ROWS = 200;
const FILTER_RESTS_MS = 300;

// Scrolled further down than this, a reader is at something that must not move.
const READING_PX = 160;

const SINCE = [
  { since: "-100", label: "the newest 100" },
  { since: "-1000", label: "the newest 1,000" },
  { since: "5m", label: "5 minutes" },
  { since: "1h", label: "1 hour" },
  { since: "earliest", label: "everything" },
] as const;

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
  const since = chosen !== "" ? chosen : query?.isNarrow ? "earliest" : "-100";
  const tail = useTail(query, since);

  const [rows, setRows] = useState(FIRST_ROWS);
  const [pause, setPause] = useState<Pause>();
  const [dialog, setDialog] = useState<{ like: HubEvent | undefined }>();
  const [said, setSaid] = useState("");

  const [pausedFor, setPausedFor] = useState(rested);
  if (pausedFor !== rested) {
    setPausedFor(rested);
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
  useShortcuts({ p: toggle, j: () => move(-1), k: () => move(1) });

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
          <label className="sort">
            <span aria-hidden="true">Of</span>
            <select
              aria-label="How far back"
              value={since}
              onChange={(event) => changeParams({ since: event.target.value })}
            >
              {SINCE.map((choice) => (
                <option key={choice.since} value={choice.since}>
                  {choice.label}
                </option>
              ))}
              {!SINCE.some((choice) => choice.since === since) && (
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
          <p className="reach">
            {all.length > shown.length || tail.found > all.length
              ? `the newest ${formatCount(shown.length)} of ${formatCount(tail.found)}`
              : `${formatCount(shown.length)} ${shown.length === 1 ? "event" : "events"}`}
          </p>
          <EventCommands typed={typed} since={since} />
        </div>
      </div>
      <div className="events-body">
        <div>
          {shown.length === 0 ? (
            <NothingFound state={tail.state} isNarrow={query?.isNarrow === true} since={since} />
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
            isSearched={tail.state.phase === "live"}
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

/** A tail that is open while the page is. */
function useTail(query: EventQuery | undefined, since: string): EventTail {
  const { ports, live } = useHub();
  const [tail] = useState(() => new EventTail(ports, live));
  useEffect(() => {
    if (!query) return undefined;
    tail.open(query, since);
    return () => tail.close();
  }, [tail, query, since]);
  useSyncExternalStore(tail.pulse.beat.subscribe, () => tail.pulse.now);
  return tail;
}

type Found = { event: HubEvent } | { missing: string };

/** The event of the address: from the list, or, behind a link, from the log. */
function useEventWithId(id: string, all: readonly TailEvent[]): Found | undefined {
  const { ports } = useHub();
  const [fetched, setFetched] = useState<{ id: string; event: HubEvent | undefined }>();
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
      (event) => setFetched({ id, event }),
      () => setFetched({ id, event: undefined }),
    );
    return () => asking.abort();
  }, [ports, id, isUnknown]);
  if (id === "") return undefined;
  if (known) return { event: known };
  if (fetched?.id !== id) return undefined;
  return fetched.event ? { event: fetched.event } : { missing: id };
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
        <p className="hint">
          The log of the hub no longer has the event <code>{found.missing}</code>.
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

function State({ state, onStop }: { state: TailState; onStop: () => void }) {
  const connection = useConnection();
  const now = useSecond();
  if (state.phase !== "searching") {
    return (
      <p className={state.phase === "refused" ? "error" : "count"} role="status">
        {stateText(state, connection.phase === "live")}
      </p>
    );
  }
  const { at, looked, all } = state;
  return (
    <p className="count searching" role="status">
      <span>
        searching{Number.isNaN(at) ? "" : `, up to ${formatClock(at, now)}`}
        {looked !== undefined && all !== undefined && (
          <>
            {" "}
            <progress max={Math.max(1, all)} value={looked} aria-label="Searched" /> {formatCount(looked)} of{" "}
            {formatCount(all)} events
          </>
        )}
      </span>
      <button type="button" onClick={onStop}>
        Stop
      </button>
    </p>
  );
}

function stateText(state: TailState, isConnected: boolean): string {
  switch (state.phase) {
    case "closed":
    case "searching":
      return "";
    case "live":
      return isConnected ? "live" : "not connected: what comes now is shown later";
    case "refused":
      return state.reason;
    case "waiting":
      return `${state.reason}; another try follows`;
  }
}

interface NothingFoundProps {
  state: TailState;
  isNarrow: boolean;
  since: string;
}

/** What was looked for and where; never that there is nothing while it is not known. */
function NothingFound({ state, isNarrow, since }: NothingFoundProps): ReactNode {
  const connection = useConnection();
  if (state.phase !== "live") return null;
  if (connection.phase !== "live") return <p className="nothing">The hub cannot be reached.</p>;
  const span = SINCE.find((choice) => choice.since === since)?.label ?? `since ${since}`;
  if (isNarrow) {
    return (
      <p className="nothing">
        Nothing that matches was found in {since === "earliest" ? "the whole log" : span}. What comes is shown
        here.
      </p>
    );
  }
  return (
    <p className="nothing">
      The log is empty. An event comes with <code>sse-pub</code>, with curl, or with the button Publish.
    </p>
  );
}

interface FurtherProps {
  hidden: number;
  since: string;
  isSearched: boolean;
  onMore: () => void;
}

/** At the end of the list: what else there is, and how to get there. */
function Further({ hidden, since, isSearched, onMore }: FurtherProps) {
  if (hidden > 0) {
    return (
      <button type="button" className="further" onClick={onMore}>
        Show more
      </button>
    );
  }
  const newest = /^-(\d+)$/.exec(since);
  if (!isSearched || since === "earliest") return null;
  const wider = newest && Number(newest[1]) < 1_000 ? "-1000" : since === "5m" ? "1h" : "earliest";
  const label = SINCE.find((choice) => choice.since === wider)?.label ?? wider;
  return (
    <button type="button" className="further" onClick={() => changeParams({ since: wider })}>
      Look further back: {label}
    </button>
  );
}
