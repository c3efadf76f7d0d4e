import { beforeEach, describe, expect, test } from "vitest";

import { FakePorts, json, tokenWanted } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { Wire } from "../testing/wire";
import type { HubEvent } from "./event_parser";
import type { Refusal } from "./refusal";
import { type Gap, openStream, type StreamHandle, type StreamHead, type StreamRequest } from "./stream";

const REQUEST: StreamRequest = { cursor: eventId(1), types: ["metric_*"], topics: [], every: "" };

let ports: FakePorts;
let wire: Wire | undefined;
let heads: StreamHead[];
let events: HubEvent[];
let moves: string[];
let gaps: Gap[];
let closings: [string, number][];
let ends: Refusal[];
let heard: number;

beforeEach(() => {
  ports = new FakePorts();
  [heads, events, moves, gaps, closings, ends, heard] = [[], [], [], [], [], [], 0];
});

async function open(headers: Record<string, string> = {}, request = REQUEST): Promise<StreamHandle> {
  ports.answer = (_url, init) => {
    wire = new Wire({ "SSE-Heartbeat": "15", "SSE-Head": eventId(9), ...headers }, init?.signal);
    return Promise.resolve(wire.response);
  };
  return follow(request);
}

async function follow(request = REQUEST): Promise<StreamHandle> {
  const handle = openStream(ports, request, {
    opened: (head) => heads.push(head),
    heard: () => (heard += 1),
    received: (event) => events.push(event),
    moved: (id) => moves.push(id),
    gap: (gap) => gaps.push(gap),
    closing: (reason, retry) => closings.push([reason, retry]),
    ended: (end) => ends.push(end),
  });
  await ports.pass(0);
  return handle;
}

test("it asks for what is shown, behind the cursor", async () => {
  await open({}, { cursor: "x", types: ["a", "b*"], topics: ["ci/#"], every: "500ms" });
  expect(ports.requests[0]?.url).toBe(
    "events/watch?last_event_id=x&type=a&type=b*&topic=ci%2F%23&every=500ms",
  );
});

test("the head says how long silence may last, and where live events begin", async () => {
  await open({ Date: "Sun, 29 Nov 2026 05:00:00 GMT" });
  expect(heads).toEqual([
    { heartbeat: 15_000, head: eventId(9), date: "Sun, 29 Nov 2026 05:00:00 GMT", sent: ports.time },
  ]);
});

test("events come with type and topic, wherever the bytes are cut, even inside a letter", async () => {
  await open();
  const bytes = new TextEncoder().encode(`id: 7\r\nevent: naïve\r\ntopic: ü\r\ndata: …\r\n\r\n`);
  for (const byte of bytes) await wire?.writeBytes(Uint8Array.of(byte));
  expect(events).toEqual([{ id: "7", type: "naïve", topic: "ü", data: "…" }]);
});

test("the cursor moves with every id, also without an event, and a heartbeat is heard", async () => {
  await open();
  await wire?.write(`id: 7\ndata: x\n\n`);
  await wire?.write(`id: 8\n\n`);
  await wire?.write(":\n");
  expect(moves).toEqual(["7", "8"]);
  expect(heard).toBe(3);
});

test("a gap and a closing are told, not handed on as events", async () => {
  await open();
  await wire?.write(`event: sse.gap\ndata: {"missed":12,"reason":"expired"}\n\n`);
  await wire?.write(`retry: 30\nevent: sse.closing\ndata: {"reason":"evicted","retry":41873}\n\n`);
  expect(gaps).toEqual([{ missed: 12, reason: "expired" }]);
  expect(closings).toEqual([["evicted", 41_873]]);
  expect(events).toEqual([]);
});

describe("the end", () => {
  test("of a connection", async () => {
    await open();
    await wire?.end();
    expect(ends).toEqual([{ status: 0, reason: "the connection was lost", wait: undefined }]);
  });

  test("that the page makes is silent", async () => {
    const handle = await open();
    await wire?.write("id: 7\n");
    handle.close();
    await wire?.write("data: x\n\n").catch(() => undefined);
    await ports.pass(60_000);
    expect([events, moves, ends]).toEqual([[], [], []]);
  });

  test("of a hub that cannot be reached", async () => {
    await follow();
    expect(ends).toEqual([{ status: 0, reason: "the hub cannot be reached", wait: undefined }]);
  });

  test("of a hub that takes the connection and says nothing", async () => {
    ports.answer = () => new Promise(() => undefined);
    await follow();
    await ports.pass(9_999);
    expect(ends).toEqual([]);
    await ports.pass(1);
    expect(ends).toEqual([{ status: 0, reason: "the hub does not answer", wait: undefined }]);
  });

  test("of a stream that was refused for EventSources, with the hub's own wait", async () => {
    await open({ "SSE-Refused": "full" });
    expect(heads).toEqual([]);
    await wire?.write("retry: 27000\n: full\n\n");
    await wire?.end();
    expect(ends).toEqual([{ status: 200, reason: "the hub is full", wait: 27_000 }]);
  });

  const text = (status: number, body: string, headers: Record<string, string> = {}) =>
    new Response(body, { status, headers });

  test.each([
    [text(503, "", { "SSE-Refused": "full", "Retry-After": "27" }), 503, "the hub is full", 27_000],
    [json({ error: "draining" }, { "Retry-After": "3" }, 503), 503, "draining", 3_000],
    [tokenWanted("no token"), 401, "the hub asks for a token", undefined],
    [text(401, "<h1>No"), 401, "this page may not read here (401): sign in again", undefined],
    [text(403, "<h1>No"), 403, "this page may not read here (403): sign in again", undefined],
    [text(502, "<h1>Bad"), 502, "a proxy cannot reach the hub (502)", undefined],
    [
      text(429, "slow", { "Retry-After": "Sun, 29 Nov 2026 05:00:00 GMT" }),
      429,
      "the answer was 429",
      undefined,
    ],
    [
      text(200, "<h1>Sign in", { "Content-Type": "text/html" }),
      200,
      "something else than the hub answered: sign in again",
      undefined,
    ],
  ])("of an answer that is not a stream %#", async (response, status, reason, wait) => {
    ports.answer = () => Promise.resolve(response);
    await follow();
    expect(ends).toEqual([{ status, reason, wait }]);
  });
});
