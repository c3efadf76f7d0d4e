import { beforeEach, expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { HubStatus, type StreamSort, streamListing } from "./hub_status";

let ports: FakePorts;
let status: HubStatus;
let published: number;
let streams: object[];

const stream = (id: string, more: object = {}) => ({
  id,
  peer: `10.0.0.${id}:1`,
  loop: 0,
  age_seconds: 5,
  lag_events: 0,
  lag_bytes: 0,
  sent_bytes: 100,
  blocked: false,
  parked: false,
  filter: null,
  ...more,
});

beforeEach(() => {
  ports = new FakePorts();
  published = 10;
  streams = [stream("1")];
  ports.answer = (url) =>
    Promise.resolve(
      url === "-/metrics"
        ? new Response(`sse_events_published_total ${published}\n`)
        : json({ open: streams.length, streams }),
    );
  status = new HubStatus(ports);
});

test("it looks once a second, and knows rates from the second look on", async () => {
  status.start();
  await ports.pass(0);
  expect(status.rate("sse_events_published_total")).toBeUndefined();
  published = 30;
  streams = [stream("1", { sent_bytes: 600 })];
  await ports.pass(1_000);
  expect(status.rate("sse_events_published_total")).toBe(20);
  expect(status.streams[0]?.bytesPerSecond).toBe(500);
  expect(ports.requests).toHaveLength(4);
  status.stop();
  await ports.pass(60_000);
  expect(ports.requests).toHaveLength(4);
});

test("a hub that was restarted has no negative rate", async () => {
  status.start();
  await ports.pass(0);
  published = 3;
  await ports.pass(1_000);
  expect(status.rate("sse_events_published_total")).toBeUndefined();
  expect(status.rates("sse_events_published_total")).toEqual([]);
});

test("who may not look is told so, and asked less often", async () => {
  ports.answer = () => Promise.resolve(json({ error: "peers on this machine only" }, {}, 403));
  status.start();
  await ports.pass(0);
  expect(status.refusal).toMatchObject({ status: 403, reason: "peers on this machine only" });
  await ports.pass(4_000);
  expect(ports.requests).toHaveLength(2);
});

test("what is remembered is bounded", async () => {
  status.start();
  await ports.pass(400_000);
  expect(status.history).toHaveLength(300);
});

test("streams are found and sorted, the worst first", () => {
  streams = [
    stream("1", { lag_bytes: 10, age_seconds: 9 }),
    stream("2", { lag_bytes: 5, blocked: true }),
    stream("3", { lag_bytes: 20, filter: { types: ["deploy"], topics: [], patterns: 12 } }),
  ];
  status.start();
  return ports.pass(0).then(() => {
    const ids = (search: string, sort: StreamSort) =>
      streamListing(status.streams, search, sort).map(({ id }) => id);
    expect(ids("", "lag")).toEqual(["3", "1", "2"]);
    expect(ids("", "blocked")).toEqual(["2", "3", "1"]);
    expect(ids("", "age")[0]).toBe("1");
    expect(ids("DEPLOY", "lag")).toEqual(["3"]);
    expect(status.streams[2]?.filter).toBe("deploy and 11 more");
  });
});

test("a stream is closed by its id", async () => {
  status.start();
  await ports.pass(0);
  expect(await status.close("1")).toBeUndefined();
  expect(ports.requests.find(({ init }) => init?.method === "DELETE")?.url).toBe("-/streams/1");
  ports.answer = () => Promise.resolve(json({ error: "no" }, {}, 403));
  expect(await status.close("1")).toMatchObject({ status: 403 });
  status.stop();
});

test("the hubs of a cluster are asked for beside the rest, and only where there is one", async () => {
  const before = ports.answer;
  let answer: () => Promise<Response> = () => Promise.resolve(json({ error: "no" }, {}, 503));
  ports.answer = (url) => {
    if (url === "-/cluster") return answer();
    if (url === "-/metrics") return Promise.resolve(new Response("sse_cluster_up 1\n"));
    return before(url);
  };
  status.start();
  await ports.pass(0);
  expect(status.cluster).toBeUndefined();
  expect(status.refusal).toBeUndefined();

  answer = () =>
    Promise.resolve(
      json({
        nodes: [
          { id: "a", name: "one", address: "http://h:1", version: "1", streams: 3, up: true, self: true },
          { id: "b", name: "two", streams: 4, lag_events: 5, up: false, self: false },
          { name: "without an id" },
        ],
        engine: {
          up: true,
          address: "r:6379",
          version: "7.0.15",
          memory_used_bytes: 10,
          replicas: [
            { address: "s:6379", state: "online" },
            { address: "t:6379", state: "wait_bgsave" },
          ],
        },
      }),
    );
  await ports.pass(1_000);
  expect(status.cluster?.nodes.map((node) => [node.name, node.streams, node.lagEvents, node.isUp])).toEqual([
    ["one", 3, 0, true],
    ["two", 4, 5, false],
  ]);
  expect(status.cluster?.engine.replicas).toEqual(["s:6379", "t:6379 (wait_bgsave)"]);

  // An answer that does not come holds nothing up, and is asked for once.
  answer = () => new Promise(() => undefined);
  const looks = () => ports.requests.filter(({ url }) => url === "-/metrics").length;
  const asked = () => ports.requests.filter(({ url }) => url === "-/cluster").length;
  const lookedBefore = looks();
  await ports.pass(1_000);
  const askedBefore = asked();
  await ports.pass(3_000);
  expect(looks()).toBe(lookedBefore + 4);
  expect(asked()).toBe(askedBefore);
});
