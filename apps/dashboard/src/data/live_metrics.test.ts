import { beforeEach, describe, expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { Frames } from "./frames";
import { LiveMetrics } from "./live_metrics";

const CPU = { id: "1", name: "cpu", input_frequency: 1_000_000_000 };

/** A hub that answers: metrics with readings, and a cursor. */
class FakeHub {
  readings: { id: string; metric_id: string; value: number; timestamp: string }[] = [];
  sequence = 10;
  healthy = true;

  constructor(private readonly ports: FakePorts) {
    ports.answer = (url) => this.answer(url);
  }

  reading(value: number) {
    this.sequence += 1;
    const timestamp = new Date(this.ports.time).toISOString();
    const row = { id: `r${this.sequence}`, metric_id: "1", value, timestamp };
    this.readings.push(row);
    return row;
  }

  private answer(url: string): Promise<Response> {
    if (!this.healthy) return Promise.reject(new TypeError("connection refused"));
    if (url === "-/healthz") return Promise.resolve(new Response("ok"));
    const readings = url.includes("with_readings") ? this.readings : [];
    const cursor = { "SSE-Cursor": eventId(this.sequence) };
    return Promise.resolve(json([{ ...CPU, readings }], cursor));
  }
}

let ports: FakePorts;
let hub: FakeHub;
let live: LiveMetrics;

beforeEach(() => {
  ports = new FakePorts();
  hub = new FakeHub(ports);
  live = new LiveMetrics(ports, new Frames(ports));
});

async function connected(): Promise<void> {
  live.show();
  await ports.pass(0);
  ports.source.open();
}

/** The hub takes a reading and sends it. */
function publish(value: number): void {
  const row = hub.reading(value);
  ports.source.send("metric_reading_created", row, eventId(hub.sequence));
}

function values(): number[] {
  return [...(live.store.find("1")?.readings.values ?? [])];
}

describe("the start", () => {
  test("the stream begins behind the snapshot", async () => {
    hub.reading(1);
    hub.reading(2);
    await connected();
    expect(values()).toEqual([1, 2]);
    expect(ports.source.cursor).toBe(eventId(12));
    expect(live.connection.phase).toBe("live");
  });

  test("events are applied once per frame", async () => {
    await connected();
    publish(3);
    publish(4);
    expect(values()).toEqual([]);
    ports.frame();
    expect(values()).toEqual([3, 4]);
    ports.frame();
    expect(values()).toEqual([3, 4]);
  });

  test("without a hub it is tried again, longer and longer, until there is one", async () => {
    hub.healthy = false;
    live.show();
    await ports.pass(0);
    expect(live.connection).toEqual({
      phase: "waiting",
      until: ports.time + 1_000,
      reason: "the hub cannot be reached",
    });
    await ports.pass(1_000 + 2_000);
    expect(live.connection).toMatchObject({ phase: "waiting", until: ports.time + 4_000 });
    hub.healthy = true;
    await ports.pass(4_000);
    expect(ports.openStreams).toBe(1);
  });

  test("an answer without a cursor is no snapshot", async () => {
    ports.answer = () => Promise.resolve(json([]));
    live.show();
    await ports.pass(0);
    expect(live.connection.phase).toBe("waiting");
    expect(ports.sources).toEqual([]);
  });

  test("of a hub with many metrics fewer readings of each are asked for", async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ ...CPU, id: String(index), readings: [] }));
    ports.answer = () => Promise.resolve(json(many, { "SSE-Cursor": eventId(1) }));
    live.show();
    await ports.pass(0);
    expect(ports.requests.map(({ url }) => url)).toEqual(["metrics", "metrics?with_readings=true&limit=200"]);
  });

  test("a hub whose clock differs is believed", async () => {
    const date = new Date(ports.time + 3_600_000).toUTCString();
    ports.answer = () => Promise.resolve(json([], { "SSE-Cursor": eventId(1), Date: date }));
    live.show();
    await ports.pass(0);
    expect(live.hubNow() - ports.time).toBeCloseTo(3_600_500, -1);
  });
});

describe("a stream that ends", () => {
  test("it goes on behind the last event, after a second", async () => {
    await connected();
    publish(1);
    ports.source.fail();
    expect(live.connection).toMatchObject({ phase: "waiting", until: ports.time + 1_000 });
    hub.reading(2);
    await ports.pass(1_000);
    expect(ports.source.cursor).toBe(eventId(11));
    ports.source.open();
    ports.source.send("metric_reading_created", hub.readings[1], eventId(12));
    ports.frame();
    expect(values()).toEqual([1, 2]);
  });

  test("opening without an event does not count as a success", async () => {
    await connected();
    for (const wait of [1_000, 2_000, 4_000]) {
      ports.source.open();
      ports.source.fail();
      expect(live.connection).toMatchObject({ until: ports.time + wait });
      await ports.pass(wait);
    }
  });

  test("a quiet stream that lived long does", async () => {
    await connected();
    ports.source.fail();
    await ports.pass(1_000);
    ports.source.open();
    await ports.pass(11_000);
    ports.source.fail();
    expect(live.connection).toMatchObject({ until: ports.time + 1_000 });
  });

  test("the hub says when to come back, and that is when", async () => {
    await connected();
    ports.source.closing("evicted", 41_873);
    expect(live.connection).toMatchObject({ phase: "waiting", until: ports.time + 41_873 });
    ports.source.fail();
    await ports.pass(41_000);
    expect(ports.openStreams).toBe(0);
    await ports.pass(873);
    expect(ports.openStreams).toBe(1);
  });

  test("somebody who does not want to wait need not", async () => {
    await connected();
    ports.source.closing("evicted", 41_873);
    live.resume();
    expect(ports.openStreams).toBe(1);
    await ports.pass(60_000);
    expect(ports.openStreams).toBe(1);
  });
});

describe("a gap", () => {
  test("the snapshot is loaded anew, and it is said how much was missed", async () => {
    await connected();
    publish(1);
    ports.source.fail();
    hub.reading(2);
    await ports.pass(1_000);
    ports.source.gap(12, "expired");
    await ports.pass(0);
    expect(values()).toEqual([1, 2]);
    expect(ports.source.cursor).toBe(eventId(12));
    expect(live.lastGap).toMatchObject({ missed: 12, reason: "expired" });
    expect(ports.openStreams).toBe(1);
  });

  test("what came before the gap and was not drawn yet is not applied to the new snapshot", async () => {
    await connected();
    publish(1);
    ports.source.gap(null, "other-stream");
    await ports.pass(0);
    ports.frame();
    expect(values()).toEqual([1]);
  });

  test("without an answer the snapshot is tried again, not the cursor that is gone", async () => {
    await connected();
    publish(1);
    hub.healthy = false;
    ports.source.gap(1, "expired");
    await ports.pass(0);
    expect(live.connection.phase).toBe("waiting");
    hub.healthy = true;
    await ports.pass(1_000);
    expect(live.counters.snapshots).toBe(2);
  });

  test("gap after gap is no busy loop", async () => {
    await connected();
    for (let round = 0; round < 50; round += 1) {
      ports.source.gap(1, "expired");
      await ports.pass(100);
    }
    expect(live.counters.snapshots).toBeLessThan(6);
  });
});

describe("a tab that nobody sees", () => {
  test("it has no stream, and catches up from its cursor", async () => {
    await connected();
    publish(1);
    live.hide();
    expect(values()).toEqual([1]);
    expect(ports.openStreams).toBe(0);
    await ports.pass(600_000);
    expect(ports.openStreams).toBe(0);
    live.show();
    expect(ports.openStreams).toBe(1);
    expect(ports.source.cursor).toBe(eventId(11));
    expect(live.counters.snapshots).toBe(1);
  });

  test("hidden while it waits or loads, it does neither any more", async () => {
    live.show();
    live.hide();
    await ports.pass(1_000);
    expect(ports.openStreams).toBe(0);
    live.show();
    await ports.pass(0);
    ports.source.fail();
    live.hide();
    await ports.pass(10_000);
    expect(ports.openStreams).toBe(0);
  });
});

describe("a hub that hangs", () => {
  test("is noticed, and followed again when it answers", async () => {
    await connected();
    publish(1);
    hub.healthy = false;
    await ports.pass(30_000);
    expect(live.connection.phase).toBe("unanswered");
    hub.healthy = true;
    await ports.pass(10_000);
    expect(ports.openStreams).toBe(1);
    expect(ports.source.cursor).toBe(eventId(11));
    ports.source.open();
    expect(live.connection.phase).toBe("live");
  });

  test("an event says that it does not hang any more", async () => {
    await connected();
    hub.healthy = false;
    await ports.pass(30_000);
    publish(1);
    expect(live.connection.phase).toBe("live");
  });

  test("a hub that is only quiet stays connected", async () => {
    await connected();
    for (let beat = 0; beat < 5; beat += 1) {
      await ports.pass(15_000);
      ports.source.heartbeat();
    }
    expect(live.connection.phase).toBe("live");
    expect(ports.sources).toHaveLength(1);
    expect(ports.requests.every(({ url }) => url !== "-/healthz")).toBe(true);
  });

  test("a stream that misses a heartbeat of a hub that answers is opened again", async () => {
    await connected();
    publish(1);
    await ports.pass(19_000);
    expect(ports.sources).toHaveLength(2);
    expect(ports.openStreams).toBe(1);
    expect(ports.source.cursor).toBe(eventId(11));
  });

  test("a hub that beats every second is missed within four", async () => {
    live.show();
    await ports.pass(0);
    ports.source.open(1_000);
    hub.healthy = false;
    await ports.pass(4_000);
    expect(live.connection.phase).toBe("unanswered");
  });

  test("a machine that slept opens a new stream from its cursor", async () => {
    await connected();
    publish(1);
    ports.sleep(3_600_000);
    await ports.pass(0);
    expect(ports.sources).toHaveLength(2);
    expect(ports.openStreams).toBe(1);
    expect(ports.source.cursor).toBe(eventId(11));
  });
});

describe("the one stream of the page", () => {
  const onlooker = (types: string[], topics: string[] = []) => {
    const seen: string[] = [];
    return {
      seen,
      filter: { types, topics },
      begun: (cursor: string) => seen.push(`begun ${cursor}`),
      event: ({ type }: { type: string }) => seen.push(type),
      moved: () => undefined,
      gap: () => seen.push("gap"),
      closing: (reason: string) => seen.push(reason),
    };
  };

  test("it lets through the metrics' events alone while no events are shown", async () => {
    await connected();
    expect(ports.source.request).toMatchObject({ types: ["metric_*"], topics: [] });
  });

  test("who looks on has what the filter lets through, from the same stream, and the metrics go on", async () => {
    await connected();
    publish(1);
    const tail = onlooker(["deploy"]);
    const end = live.watch(tail);
    expect(ports.openStreams).toBe(1);
    expect(ports.source.request).toMatchObject({ cursor: eventId(11), types: ["deploy", "metric_*"] });
    ports.source.open();
    ports.source.send("deploy", "x", eventId(12));
    ports.source.send("alarm", "x", eventId(13));
    hub.sequence = 13;
    publish(2);
    ports.frame();
    expect(tail.seen).toEqual([`begun ${eventId(11)}`, "deploy"]);
    expect(values()).toEqual([1, 2]);
    end();
    expect(ports.openStreams).toBe(1);
    expect(ports.source.request).toMatchObject({ cursor: eventId(14), types: ["metric_*"] });
    expect(live.counters.reconnects).toBe(0);
  });

  test("ids alone move the cursor, so a hub without metrics is no gap after a minute", async () => {
    await connected();
    ports.source.heartbeat(eventId(5_000));
    live.hide();
    live.show();
    expect(ports.source.cursor).toBe(eventId(5_000));
    expect(live.cursor).toBe(eventId(5_000));
  });

  test("every event counts for the rate, of whatever type", async () => {
    await connected();
    live.watch(onlooker([]));
    ports.source.open();
    for (let event = 0; event < 10; event += 1) ports.source.send("tick", "x", eventId(20 + event));
    ports.frame();
    expect(live.applier.rate.rate(ports.time)).toBeGreaterThan(0);
    expect(live.counters.events).toBe(10);
  });

  test("a pace is the hub's, and asked for at once", async () => {
    await connected();
    live.pace("500ms");
    expect(ports.openStreams).toBe(1);
    expect(ports.source.request.every).toBe("500ms");
  });

  test("who looks on hears of gaps and closings", async () => {
    await connected();
    const tail = onlooker([]);
    live.watch(tail);
    ports.source.gap(3, "expired");
    await ports.pass(0);
    ports.source.closing("shutdown", 100);
    expect(tail.seen).toEqual([`begun ${eventId(10)}`, "gap", `begun ${eventId(10)}`, "shutdown"]);
  });
});

describe("a hub that refuses", () => {
  test("says why, and when to come back", async () => {
    await connected();
    ports.source.fail({ status: 503, reason: "the hub is full", wait: 27_000 });
    expect(live.connection).toEqual({
      phase: "waiting",
      until: ports.time + 27_000,
      reason: "the hub is full",
    });
  });

  test("a proxy that gives no time is asked again at the page's own pace", async () => {
    await connected();
    ports.source.fail({ status: 502, reason: "a proxy cannot reach the hub (502)" });
    expect(live.connection).toMatchObject({ until: ports.time + 1_000 });
  });

  test("a snapshot that is refused says the same", async () => {
    ports.answer = () => Promise.resolve(json({ error: "full" }, { "Retry-After": "9" }, 503));
    live.show();
    await ports.pass(0);
    expect(live.connection).toEqual({ phase: "waiting", until: ports.time + 9_000, reason: "full" });
  });

  test("a login page in the hub's place is told from a hub that is gone", async () => {
    ports.answer = () => Promise.resolve(new Response("<h1>Sign in"));
    live.show();
    await ports.pass(0);
    expect(live.connection).toMatchObject({ reason: "something else than the hub answered: sign in again" });
  });
});

describe("what events do", () => {
  test("metrics come and go", async () => {
    await connected();
    const memory = { id: "2", name: "memory", input_frequency: 0 };
    ports.source.send("metric_created", memory, eventId(11));
    ports.frame();
    expect(live.store.all.map(({ name }) => name)).toEqual(["cpu", "memory"]);
    ports.source.send("metric_deleted", { id: "1" }, eventId(12));
    ports.frame();
    expect(live.store.all.map(({ name }) => name)).toEqual(["memory"]);
  });

  test("an event that cannot be read is counted, and the next one is taken", async () => {
    await connected();
    ports.source.send("metric_reading_created", "{", eventId(11));
    ports.source.send("metric_reading_created", { metric_id: "1" }, eventId(12));
    publish(5);
    ports.frame();
    expect(live.counters.malformed).toBe(2);
    expect(values()).toEqual([5]);
  });

  test("the delay is from the hub to the moment when it is shown", async () => {
    await connected();
    await ports.pass(1_000);
    const row = hub.reading(1);
    ports.source.send("metric_reading_created", row, eventId(11, ports.time - 30));
    ports.time += 12;
    ports.frame();
    expect(live.applier.delay.quantile(0.95, ports.time)).toBe(42);
  });
});
