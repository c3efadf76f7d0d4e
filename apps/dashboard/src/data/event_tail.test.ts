import { beforeEach, expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { timeOfEvent } from "./event_id";
import type { HubEvent } from "./event_parser";
import { eventQuery, type QueryText } from "./event_query";
import { EventTail } from "./event_tail";
import type { Onlooker } from "./live_metrics";

const TIME = 1_700_000_000_000;

/** A log that answers polls, and the page's stream. */
class FakeLog {
  events: HubEvent[] = [];
  epoch = 1;
  refuses: Response | undefined;
  /** How many events an answer has. */
  page = 1_000;
  /** Of the newest event. */
  private time = TIME;

  add(type: string, data = "1", time = this.time): HubEvent {
    this.time = time;
    const event = { id: eventId(this.events.length + 1, time, this.epoch), type, topic: "", data };
    this.events.push(event);
    return event;
  }

  get head(): string {
    return eventId(this.events.length, this.time, this.epoch);
  }

  answer(url: string): Response {
    if (this.refuses) return this.refuses.clone();
    const { searchParams } = new URL(url, "http://hub");
    const since = searchParams.get("since");
    const after = searchParams.get("after");
    let from = this.events.length;
    let gap = null;
    if (since === "earliest") from = 0;
    else if (since?.startsWith("-")) from = Math.max(0, from + Number(since));
    else if (since?.includes("T")) from = this.since(Date.parse(since));
    else if (after !== null) {
      const index = this.events.findIndex(({ id }) => id === after);
      if (index < 0 && after !== eventId(0, undefined, this.epoch))
        gap = { missed: null, reason: "other-stream" };
      from = index + 1;
    }
    const types = searchParams.getAll("type");
    const limit = Number(searchParams.get("limit") ?? this.page);
    const part = this.events.slice(from, from + Math.min(limit, this.page));
    const events = part.filter(({ type }) => types.length === 0 || types.includes(type));
    return json({ events, cursor: part.at(-1)?.id ?? this.head, gap });
  }

  private since(time: number): number {
    const index = this.events.findIndex(({ id }) => timeOfEvent(id) >= time);
    return index < 0 ? this.events.length : index;
  }
}

let ports: FakePorts;
let log: FakeLog;
let tail: EventTail;
let onlooker: Onlooker | undefined;
/** Where the page's stream is; empty while there is none. */
let streamAt: string;

beforeEach(() => {
  ports = new FakePorts();
  log = new FakeLog();
  ports.answer = (url) => Promise.resolve(log.answer(url));
  onlooker = undefined;
  streamAt = log.head;
  tail = new EventTail(ports, {
    watch: (wanted) => {
      onlooker = wanted;
      if (streamAt !== "") resume();
      return () => (onlooker = undefined);
    },
  });
});

/** The stream is opened behind its cursor, and brings what there is. */
function resume(): void {
  const from = streamAt;
  onlooker?.begun(from);
  for (const event of log.events) if (event.id > from && log.epoch === 1) bring(event);
}

function bring(event: HubEvent): void {
  onlooker?.event(event);
  onlooker?.moved(event.id);
  streamAt = event.id;
}

async function open(
  typed: Partial<QueryText> = {},
  since = "earliest",
  until?: number,
  isPast?: boolean,
): Promise<void> {
  const result = eventQuery({ type: "", topic: "", text: "", where: "", ...typed });
  if (!result.ok) throw new Error(result.why);
  tail.open(result.query, since, until, isPast);
  await ports.pass(0);
}

const shown = () =>
  tail.newest(10_000).map(({ type, id }) => (id === "" ? type : `${type} ${parseInt(id.slice(24), 16)}`));

test("what is in the log is found, and what comes follows, each once", async () => {
  log.add("deploy");
  log.add("tick");
  await open();
  expect(shown()).toEqual(["deploy 1", "tick 2"]);
  bring(log.add("deploy"));
  expect(shown()).toEqual(["deploy 1", "tick 2", "deploy 3"]);
  expect(tail.state.phase).toBe("live");
  expect(tail.found).toBe(3);
});

test("a rare type is found under any number of others", async () => {
  log.add("deploy");
  for (let tick = 0; tick < 2_500; tick += 1) log.add("tick");
  streamAt = log.head;
  await open({ type: "deploy" });
  await ports.pass(0);
  expect(shown()).toEqual(["deploy 1"]);
  expect(tail.state.phase).toBe("live");
});

test("events between the search and the stream are not missed", async () => {
  log.add("deploy");
  const search = log.answer.bind(log);
  let polls = 0;
  ports.answer = (url) => {
    const answer = search(url);
    polls += 1;
    // Behind the last poll of the search the page's stream has already gone on, with another filter.
    if (polls === 2) streamAt = log.add("tick").id;
    return Promise.resolve(answer);
  };
  await open();
  await ports.pass(0);
  expect(shown()).toEqual(["deploy 1", "tick 2"]);
});

test("what the stream brings while the log is searched waits, and comes once", async () => {
  await open();
  onlooker?.gap({ missed: null, reason: "expired" });
  log.add("deploy");
  log.add("tick");
  streamAt = log.head;
  onlooker?.begun(streamAt);
  bring(log.add("deploy"));
  expect(shown()).toEqual(["sse.gap"]);
  await ports.pass(0);
  expect(shown()).toEqual(["sse.gap", "deploy 1", "tick 2", "deploy 3"]);
});

test("after a restart of the hub the gap is told once, and its new log is shown", async () => {
  log.add("deploy");
  await open();
  onlooker?.gap({ missed: null, reason: "other-stream" });
  log.events = [];
  log.epoch = 2;
  log.add("tick");
  onlooker?.begun(log.head);
  await ports.pass(0);
  expect(shown()).toEqual(["deploy 1", "sse.gap", "tick 1"]);
});

test("a search says how far it is, and can be stopped", async () => {
  for (let tick = 0; tick < 50; tick += 1) log.add("tick");
  log.page = 10;
  const search = log.answer.bind(log);
  let polls = 0;
  ports.answer = (url) => {
    polls += 1;
    return polls > 3 ? new Promise(() => undefined) : Promise.resolve(search(url));
  };
  await open();
  expect(tail.state).toMatchObject({ phase: "searching", looked: 20, all: 50 });
  ports.answer = (url) => Promise.resolve(search(url));
  tail.stop();
  expect(tail.state.phase).toBe("live");
  streamAt = log.head;
  expect(shown().at(-1)).toBe("page.search-stopped");
  bring(log.add("deploy"));
  await ports.pass(0);
  expect(shown()).toHaveLength(22);
  expect(shown().at(-1)).toBe("deploy 51");
});

test("what the hub has against a filter is said once, and not tried again", async () => {
  log.refuses = json({ error: "topic: expected at most 16 levels" }, {}, 400);
  await open({ topic: "a" });
  expect(tail.state).toEqual({ phase: "refused", reason: "topic: expected at most 16 levels" });
  const asked = ports.requests.length;
  await ports.pass(600_000);
  expect(ports.requests).toHaveLength(asked);
});

test("a hub that is full is asked again when it wants to be", async () => {
  log.add("deploy");
  log.refuses = json({ error: "full" }, { "Retry-After": "20" }, 503);
  await open();
  expect(tail.state).toEqual({ phase: "waiting", reason: "full", until: ports.time + 20_000 });
  log.refuses = undefined;
  await ports.pass(20_000);
  expect(shown()).toEqual(["deploy 1"]);
});

test("text and conditions are looked for here", async () => {
  log.add("deploy", '{"value":1}');
  log.add("deploy", '{"value":100}');
  await open({ where: "/value > 90" });
  expect(shown()).toEqual(["deploy 2"]);
  bring(log.add("deploy", '{"value":2}'));
  bring(log.add("deploy", '{"value":200}'));
  expect(shown()).toEqual(["deploy 2", "deploy 4"]);
});

test("after close() nothing is asked and nothing comes", async () => {
  await open();
  tail.close();
  expect(onlooker).toBeUndefined();
  await ports.pass(100_000);
  expect(ports.requests).toHaveLength(2);
  expect(tail.state.phase).toBe("closed");
});

test("a tail is bounded in events and in letters, and counts on", async () => {
  await open();
  for (let tick = 0; tick < 30_000; tick += 1) bring(log.add("tick"));
  expect(tail.found).toBe(30_000);
  expect(tail.kept).toBeLessThanOrEqual(2_000);
  const large = "x".repeat(1_000_000);
  for (let tick = 0; tick < 40; tick += 1) bring(log.add("large", large));
  expect(tail.newest(2_000).reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(17_000_000);
});

test("a span of time is searched to its end, and then over", async () => {
  for (let second = 0; second < 60; second += 1) log.add("tick", "1", TIME + second * 1_000);
  log.page = 4;
  const since = new Date(TIME + 10_000).toISOString();
  await open({}, since, TIME + 20_000);
  await ports.pass(1_000);
  expect(shown()).toEqual(Array.from({ length: 10 }, (_, index) => `tick ${index + 11}`));
  expect(tail.state).toEqual({ phase: "over" });
  expect(onlooker).toBeUndefined();
  // A page that needs no more than is left asks for no more.
  const limits = ports.requests.map(({ url }) => new URL(url, "http://hub").searchParams.get("limit"));
  expect(limits).toEqual(["1", "1000", "6", "2"]);
});

test("of a span that is searched with a filter nothing from behind its end is taken", async () => {
  for (let second = 0; second < 60; second += 1) {
    log.add(second % 7 === 0 ? "deploy" : "tick", "1", TIME + second * 1_000);
  }
  await open({ type: "deploy" }, "earliest", TIME + 20_000);
  expect(shown()).toEqual(["deploy 1", "deploy 8", "deploy 15"]);
  expect(tail.state.phase).toBe("over");
});

test("a span that is not over goes on until its end", async () => {
  log.add("one", "1", TIME);
  await open({}, "earliest", TIME + 20_000);
  expect(tail.state.phase).toBe("live");
  bring(log.add("two", "1", TIME + 19_999));
  expect(tail.state.phase).toBe("live");
  bring(log.add("three", "1", TIME + 20_000));
  expect(shown()).toEqual(["one 1", "two 2"]);
  expect(tail.state.phase).toBe("over");
  expect(onlooker).toBeUndefined();
});

test("a span of the past behind which nothing has come is over as well", async () => {
  log.add("one", "1", TIME);
  await open({}, "earliest", TIME + 20_000, true);
  expect(shown()).toEqual(["one 1"]);
  expect(tail.state.phase).toBe("over");
});

test("a stopped search of a span says how far it is, and is over", async () => {
  for (let second = 0; second < 60; second += 1) log.add("tick", "1", TIME + second * 1_000);
  log.page = 10;
  const answer = log.answer.bind(log);
  let polls = 0;
  ports.answer = (url) => {
    polls += 1;
    return polls > 2 ? new Promise(() => undefined) : Promise.resolve(answer(url));
  };
  await open({}, "earliest", TIME + 50_000);
  tail.stop();
  expect(shown().at(-1)).toBe("page.search-stopped");
  expect(shown()).toHaveLength(11);
  expect(tail.state.phase).toBe("over");
});
