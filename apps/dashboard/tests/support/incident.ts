import { connect, type Socket } from "node:net";

import { Hub, until } from "./hub";

export interface Incident {
  hub: Hub;
  end: () => Promise<void>;
}

// A socket's buffers take some of it, the subscriber lags by the rest.
const LARGE = "x".repeat(64_000);
const MOST_LARGE = 400;

/** A hub with a slow subscriber, a gap that was told, a deploy after which a metric jumps, and a silent sensor. */
export async function beginIncident(): Promise<Incident> {
  const hub = await Hub.start("--ttl", "10m", "--max-lag", "64M", "--slow-after", "1h");
  const stops: (() => void)[] = [];
  const end = async () => {
    for (const stop of stops) stop();
    await hub.stop();
  };
  try {
    stops.push(await beginFigures(hub));
    await tellGap(hub);
    const slow = await openSlow(hub);
    stops.push(() => void slow.destroy());
  } catch (error) {
    await end();
    throw error;
  }
  return { hub, end };
}

/** Latencies that a deploy made worse, a queue that is fine, and a sensor that has sent nothing for a minute. */
async function beginFigures(hub: Hub): Promise<() => void> {
  const latency = await hub.createMetric("api/latency_seconds", "1s");
  const queue = await hub.createMetric("api/queue", "1s");
  const sensor = await hub.createMetric("cold-store/celsius", "1s");
  const now = Date.now();
  const past = (metric_id: string, from: number, to: number, value: (second: number) => number) =>
    hub.addReadings(
      Array.from({ length: to - from }, (_, index) => ({
        metric_id,
        value: value(from + index),
        timestamp: new Date(now + (from + index) * 1_000).toISOString(),
      })),
    );
  const wave = (second: number) => Math.sin(second / 9) / 100;
  await past(latency, -240, 0, (second) => 0.08 + wave(second));
  await past(queue, -240, 0, (second) => 40 + 400 * wave(second));
  await past(sensor, -240, -60, (second) => -18 + 20 * wave(second));
  await hub.publish("deploy", "api", { version: "2.8.0", by: "ci" });
  const timer = setInterval(() => {
    const second = (Date.now() - now) / 1_000;
    hub
      .addReadings([
        { metric_id: latency, value: 0.9 + 10 * wave(second) },
        { metric_id: queue, value: 40 + 400 * wave(second) },
      ])
      .catch(() => undefined);
  }, 1_000);
  return () => clearInterval(timer);
}

/** A subscriber that comes back to a log that is no longer what it knows. */
async function tellGap(hub: Hub): Promise<void> {
  const asked = new AbortController();
  const headers = { "Last-Event-ID": "018f0000-0000-7abc-8def-00000000002a" };
  const response = await fetch(`${hub.url}/events/watch`, { headers, signal: asked.signal });
  const reader = response.body?.getReader();
  let text = "";
  const decoder = new TextDecoder();
  await until(async () => {
    const chunk = await reader?.read();
    text += decoder.decode(chunk?.value, { stream: true });
    return text.includes("event: sse.gap");
  });
  asked.abort();
}

/** A subscriber that asks for everything, and reads none of it. */
async function openSlow(hub: Hub): Promise<Socket> {
  const socket = connect(hub.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise<void>((open) => socket.once("connect", open));
  socket.pause();
  socket.write("GET /events/watch?type=report HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  interface Streams {
    streams: { lag_bytes: number; filter: { types?: string[] } | null }[];
  }
  for (let count = 0; count < MOST_LARGE; count += 1) {
    await hub.publish("report", "api", LARGE);
    const { streams } = (await (await fetch(`${hub.url}/-/streams`)).json()) as Streams;
    if (streams.some(({ lag_bytes }) => lag_bytes > 1_000_000)) return socket;
  }
  throw new Error("the subscriber that does not read has no lag");
}
