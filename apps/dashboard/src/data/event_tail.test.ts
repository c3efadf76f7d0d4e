import { beforeEach, expect, test } from "vitest";

import { FakePorts, json, settled } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { EventTail } from "./event_tail";

/** A stream into which the test writes. */
class Wire {
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly response: Response;

  constructor(headers: Record<string, string> = {}, signal?: AbortSignal | null) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.controller = controller),
    });
    this.response = new Response(body, { headers });
    signal?.addEventListener("abort", () => this.controller?.error(new DOMException("", "AbortError")));
  }

  write(text: string): Promise<void> {
    return this.writeBytes(new TextEncoder().encode(text));
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    this.controller?.enqueue(bytes);
    await settled();
  }

  async end(): Promise<void> {
    this.controller?.close();
    await settled();
  }
}

let ports: FakePorts;
let tail: EventTail;
let wires: Wire[];

beforeEach(() => {
  ports = new FakePorts();
  wires = [];
  ports.answer = (_url, init) => {
    const wire = new Wire({ "SSE-Heartbeat": "15" }, init?.signal);
    wires.push(wire);
    return Promise.resolve(wire.response);
  };
  tail = new EventTail(ports);
});

async function opened(type = "", topic = ""): Promise<Wire> {
  tail.open({ type, topic });
  await ports.pass(0);
  const wire = wires.at(-1);
  if (!wire) throw new Error("nothing was opened");
  return wire;
}

test("events of every type come with their topics", async () => {
  const wire = await opened();
  await wire.write(
    `retry: 2000\n: open\n\nid: ${eventId(1)}\nevent: deploy\ntopic: ci/api\ndata: {"v":1}\n\n`,
  );
  await wire.write(`id: ${eventId(2)}\ndata: a\ndata: b\n\nid: ${eventId(3)}\n\n`);
  expect(tail.newest(10)).toEqual([
    { key: 1, id: eventId(1), type: "deploy", topic: "ci/api", data: '{"v":1}' },
    { key: 2, id: eventId(2), type: "message", topic: "", data: "a\nb" },
  ]);
  expect(tail.state.phase).toBe("open");
});

test("it makes no difference where the bytes are cut, not even inside a letter", async () => {
  const wire = await opened();
  const bytes = new TextEncoder().encode(`id: ${eventId(1)}\r\nevent: naïve\r\ntopic: ü\r\ndata: …\r\n\r\n`);
  for (const byte of bytes) await wire.writeBytes(Uint8Array.of(byte));
  expect(tail.newest(1)).toEqual([{ key: 1, id: eventId(1), type: "naïve", topic: "ü", data: "…" }]);
});

test("the filters are the hub's, several with commas", async () => {
  await opened("deploy, metric_*", "ci/#");
  const { searchParams } = new URL(ports.requests[0]?.url ?? "", "http://hub");
  expect(searchParams.getAll("type")).toEqual(["deploy", "metric_*"]);
  expect(searchParams.getAll("topic")).toEqual(["ci/#"]);
  expect(searchParams.get("since")).toBe("earliest");
});

test("without a filter it begins with the last hundred", async () => {
  await opened();
  const { searchParams } = new URL(ports.requests[0]?.url ?? "", "http://hub");
  expect(searchParams.get("since")).toBe("-100");
});

test("a stream that ends goes on behind its last event, not before the hub wants it back", async () => {
  const wire = await opened();
  await wire.write(
    `id: ${eventId(7)}\ndata: x\n\nretry: 9000\nevent: sse.closing\ndata: {"reason":"shutdown"}\n\n`,
  );
  await wire.end();
  expect(tail.state).toMatchObject({ phase: "waiting", until: ports.time + 9_000 });
  await ports.pass(8_999);
  expect(wires).toHaveLength(1);
  await ports.pass(1);
  expect(ports.requests[1]?.url).toContain(`last_event_id=${eventId(7)}`);
  expect(tail.newest(10).map(({ type }) => type)).toEqual(["message", "sse.closing"]);
});

test("three heartbeats missed are the end of a stream", async () => {
  const wire = await opened();
  await ports.pass(44_000);
  await wire.write(":\n");
  await ports.pass(44_000);
  expect(tail.state.phase).toBe("open");
  await ports.pass(1_000);
  expect(tail.state.phase).toBe("waiting");
});

test("what the hub has against a filter is shown", async () => {
  ports.answer = () => Promise.resolve(json({ error: "topic: expected at most 16 levels" }, {}, 400));
  tail.open({ type: "", topic: "a" });
  await ports.pass(0);
  expect(tail.state).toMatchObject({ phase: "waiting", reason: "topic: expected at most 16 levels" });
});

test("after close() nothing is opened any more", async () => {
  const wire = await opened();
  tail.close();
  await wire.end().catch(() => undefined);
  await ports.pass(100_000);
  expect(wires).toHaveLength(1);
  expect(tail.state.phase).toBe("closed");
});

test("a tail is bounded, and counts on", async () => {
  const wire = await opened();
  for (let batch = 0; batch < 30; batch += 1) {
    await wire.write(`id: ${eventId(batch + 1)}\ndata: x\n\n`.repeat(1_000));
  }
  expect(tail.received).toBe(30_000);
  expect(tail.newest(1_000_000).length).toBeLessThanOrEqual(2_000);
});
