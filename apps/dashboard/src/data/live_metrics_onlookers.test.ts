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

  test("ids alone move the cursor, so a hub without metrics has no gap after a minute", async () => {
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

  test("several may look on, each at what its own filter lets through", async () => {
    await connected();
    const marks = onlooker(["deploy"]);
    const tail = onlooker(["alarm"], ["ci/#"]);
    live.watch(marks);
    const end = live.watch(tail);
    expect(ports.openStreams).toBe(1);
    expect(ports.source.request).toMatchObject({ types: ["deploy", "alarm", "metric_*"], topics: [] });
    ports.source.open();
    ports.source.send("deploy", "x", eventId(12), "ci/api");
    ports.source.send("alarm", "x", eventId(13), "ci/api");
    ports.source.send("alarm", "x", eventId(14), "room/1");
    const events = (seen: string[]) => seen.filter((text) => !text.startsWith("begun"));
    expect([events(marks.seen), events(tail.seen)]).toEqual([["deploy"], ["alarm"]]);
    end();
    expect(ports.source.request).toMatchObject({ types: ["deploy", "metric_*"], cursor: eventId(14) });
  });
});
