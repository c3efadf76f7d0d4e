import { beforeEach, expect, test } from "vitest";

import { FakePorts } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { StreamPool } from "./stream_pool";

let ports: FakePorts;
let pool: StreamPool;

beforeEach(() => {
  ports = new FakePorts();
  pool = new StreamPool(ports);
});

function join(cursor: string, types: string[] = [], topics: string[] = []) {
  const seen: string[] = [];
  const handle = pool.open(
    { cursor, types, topics, every: "" },
    {
      opened: () => seen.push("opened"),
      heard: () => undefined,
      received: ({ type, id }) => seen.push(`${type} ${parseInt(id.slice(24), 16)}`),
      moved: (id) => seen.push(`at ${parseInt(id.slice(24), 16)}`),
      gap: ({ reason }) => seen.push(`gap ${reason}`),
      closing: (reason) => seen.push(`closing ${reason}`),
      ended: ({ reason }) => seen.push(`ended ${reason}`),
    },
  );
  return { seen, handle };
}

function send(type: string, sequence: number): void {
  ports.source.send(type, "x", eventId(sequence));
  ports.source.heartbeat(eventId(sequence));
}

test("two windows have one stream, which lets through what either wants", () => {
  const a = join(eventId(10), ["metric_*"]);
  const b = join(eventId(12), ["deploy", "metric_*"]);
  expect(ports.openStreams).toBe(1);
  expect(ports.source.request).toMatchObject({ cursor: eventId(10), types: ["metric_*", "deploy"] });
  send("metric_created", 11);
  send("deploy", 12);
  send("deploy", 13);
  expect(a.seen).toEqual(["metric_created 11", "at 11", "at 12", "at 13"]);
  expect(b.seen).toEqual(["deploy 13", "at 13"]);
});

test("a window that comes later starts from the oldest cursor, and nothing comes twice", () => {
  const a = join(eventId(10));
  send("tick", 11);
  send("tick", 12);
  const b = join(eventId(5));
  expect(ports.source.request.cursor).toBe(eventId(5));
  for (let sequence = 6; sequence <= 13; sequence += 1) send("tick", sequence);
  expect(a.seen.filter((text) => text.startsWith("tick"))).toEqual(["tick 11", "tick 12", "tick 13"]);
  expect(b.seen.filter((text) => text.startsWith("tick"))).toHaveLength(8);
});

test("everything is more than any filter", () => {
  join(eventId(1), ["deploy"], ["ci/#"]);
  join(eventId(1));
  expect(ports.source.request).toMatchObject({ types: [], topics: [] });
});

test("a gap is told to who has missed something, and to no other", () => {
  const a = join(eventId(100));
  const b = join(eventId(5));
  ports.source.gap(44, "expired", eventId(50));
  expect(a.seen).toEqual([]);
  expect(b.seen).toEqual(["gap expired"]);
});

test("after a restart of the hub, a window that has not noticed is told by the others' stream", () => {
  const a = join(eventId(100, undefined, 1));
  const b = join(eventId(2, undefined, 2));
  ports.source.open(15_000, eventId(3, undefined, 2));
  expect(a.seen).toEqual(["opened", "gap other-stream"]);
  expect(b.seen).toEqual(["opened"]);
});

test("the stream goes on while one window is left, and ends with the last", () => {
  const a = join(eventId(1));
  const b = join(eventId(1));
  a.handle.close();
  expect(ports.openStreams).toBe(1);
  send("tick", 2);
  expect(a.seen).toEqual([]);
  expect(b.seen).toEqual(["tick 2", "at 2"]);
  b.handle.close();
  expect(ports.openStreams).toBe(0);
});

test("an end ends it for all, and each comes back by itself", () => {
  const a = join(eventId(1));
  const b = join(eventId(1));
  ports.source.fail({ reason: "the hub is full" });
  expect([a.seen, b.seen]).toEqual([["ended the hub is full"], ["ended the hub is full"]]);
  const again = join(eventId(1));
  expect(ports.openStreams).toBe(1);
  send("tick", 2);
  expect(again.seen).toEqual(["tick 2", "at 2"]);
  expect(a.seen).toHaveLength(1);
});
