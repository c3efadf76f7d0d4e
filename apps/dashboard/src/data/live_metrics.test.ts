import { beforeEach, describe, expect, test } from "vitest";

import { json } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { CPU, MetricsStage } from "../testing/metrics_stage";

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

  test("an answer without a cursor is not a snapshot", async () => {
    ports.answer = () => Promise.resolve(json([]));
    live.show();
    await ports.pass(0);
    expect(live.connection.phase).toBe("waiting");
    expect(ports.sources).toEqual([]);
  });

  test("of a hub with many metrics fewer readings of each are asked for", async () => {
    const timestamp = new Date(ports.time).toISOString();
    const share = Array.from({ length: 200 }, () => ({ metric_id: "0", value: 1, timestamp }));
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      ...CPU,
      id: String(index),
      readings: index === 0 ? share : [],
    }));
    ports.answer = () => Promise.resolve(json(many, { "SSE-Cursor": eventId(1) }));
    live.show();
    await ports.pass(0);
    expect(ports.requests.map(({ url }) => url)).toEqual(["metrics", "metrics?with_readings=true&limit=200"]);
    // Of one that has its whole share there may be more.
    expect([live.store.find("0")?.isCut, live.store.find("1")?.isCut]).toEqual([true, false]);
  });

  test("a hub whose clock differs is believed", async () => {
    const date = new Date(ports.time + 3_600_000).toUTCString();
    ports.answer = () => Promise.resolve(json([], { "SSE-Cursor": eventId(1), Date: date }));
    live.show();
    await ports.pass(0);
    expect(live.hubNow() - ports.time).toBeCloseTo(3_600_500, -1);
  });
});

describe("a gap", () => {
  test("the snapshot is loaded again, and it is said how much was missed", async () => {
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

  test("gap after gap does not become a busy loop", async () => {
    await connected();
    for (let round = 0; round < 50; round += 1) {
      ports.source.gap(1, "expired");
      await ports.pass(100);
    }
    expect(live.counters.snapshots).toBeLessThan(6);
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

  test.each([1_500, -1_500])("the delay is the same for a hub whose clock is %d ms ahead", async (ahead) => {
    live.show();
    await ports.pass(0);
    ports.source.open(15_000, eventId(10));
    for (let event = 11; event < 31; event += 1) {
      await ports.pass(100);
      ports.source.send("metric_reading_created", hub.reading(1), eventId(event, ports.time + ahead - 5));
      ports.time += 12;
      ports.frame();
    }
    const delay = live.applier.delay.quantile(0.95, ports.time);
    expect(delay).toBeGreaterThanOrEqual(10);
    expect(delay).toBeLessThan(30);
  });
});
