import { beforeEach, describe, expect, test } from "vitest";

import { eventId } from "../testing/ids";
import { MetricsStage } from "../testing/metrics_stage";

let stage: MetricsStage;
let ports: MetricsStage["ports"];
let hub: MetricsStage["hub"];
let live: MetricsStage["live"];

beforeEach(() => {
  stage = new MetricsStage();
  ({ ports, hub, live } = stage);
});

const connected = () => stage.connected();
const publish = (value: number) => stage.publish(value);
const values = () => stage.values();

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

  test("a wait can be cut short", async () => {
    await connected();
    ports.source.closing("evicted", 41_873);
    live.resume();
    expect(ports.openStreams).toBe(1);
    await ports.pass(60_000);
    expect(ports.openStreams).toBe(1);
  });
});

describe("a hidden tab", () => {
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

describe("a hub whose events are of others", () => {
  test("a gap of theirs is not the page's: nothing that it shows was missed", async () => {
    await connected();
    publish(1);
    ports.source.gap(5_100, "expired");
    await ports.pass(0);
    expect(live.counters).toMatchObject({ gaps: 1, snapshots: 2 });
    expect(live.lastGap).toBeUndefined();
    ports.source.open();
    hub.reading(2);
    await ports.pass(11_000);
    ports.source.gap(5_200, "expired");
    expect(live.lastGap).toBeUndefined();
    await ports.pass(0);
    expect(live.lastGap).toMatchObject({ missed: 5_200 });
    expect(values()).toEqual([1, 2]);
  });
});

describe("a hidden tab whose user wants notifications", () => {
  test("it keeps its stream, and takes events without frames, about once a second", async () => {
    await connected();
    live.showUnseen();
    expect(ports.openStreams).toBe(1);
    for (let second = 0; second < 5; second += 1) {
      publish(second);
      await ports.pass(1_000);
    }
    expect(values()).toEqual([0, 1, 2, 3, 4]);
    live.show();
    publish(5);
    expect(values()).toEqual([0, 1, 2, 3, 4]);
    ports.frame();
    expect(values()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("events themselves say that a second is over, where timers of hidden pages are slow", async () => {
    await connected();
    live.showUnseen();
    await ports.pass(0);
    publish(1);
    ports.sleep(1_500);
    publish(2);
    expect(values()).toEqual([1, 2]);
  });

  test("one that was hidden from the beginning loads all the same", async () => {
    live.showUnseen();
    await ports.pass(0);
    expect(ports.openStreams).toBe(1);
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
