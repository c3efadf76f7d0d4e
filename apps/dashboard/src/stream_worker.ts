/// <reference lib="webworker" />
import type { Ports } from "./data/ports";
import { type FromWorker, GONE_AFTER_MS, type ToWorker } from "./data/shared_streams";
import { openStream, type StreamHandle } from "./data/stream";
import { StreamPool } from "./data/stream_pool";

// The worker that all windows of a browser share: it has the stream, and hands on what comes.

const scope = self as unknown as SharedWorkerGlobalScope;
const pools = new Map<string, StreamPool>();

/** Windows below the same address, and with the same pace, have one stream. */
function poolFor(base: string, every: string): StreamPool {
  const name = `${every} ${base.replace(/#.*$/, "")}`;
  const known = pools.get(name);
  if (known) return known;
  const ports: Pick<Ports, "fetch" | "now" | "setTimer" | "clearTimer"> = {
    fetch: (url, init) => fetch(new URL(url, base), init),
    now: () => Date.now(),
    setTimer: (run, milliseconds) => scope.setTimeout(run, milliseconds),
    clearTimer: (timer) => scope.clearTimeout(timer),
  };
  const pool = new StreamPool({
    openStream: (request, listener) => openStream(ports, request, listener),
  });
  pools.set(name, pool);
  return pool;
}

scope.addEventListener("connect", (event) => {
  const port = event.ports[0];
  if (!port) return;
  const handles = new Map<number, StreamHandle>();
  let heardAt = Date.now();

  // What one piece of the stream brings goes as one message: each message has its price.
  let waiting: FromWorker[] = [];
  const say = (message: FromWorker) => {
    if (waiting.push(message) > 1) return;
    queueMicrotask(() => {
      const all = waiting;
      waiting = [];
      port.postMessage(all);
    });
  };

  const open = (key: number, { base, request }: Extract<ToWorker, { kind: "open" }>) => {
    const handle = poolFor(base, request.every).open(request, {
      opened: (head) => say({ key, kind: "opened", head }),
      heard: () => say({ key, kind: "heard" }),
      received: (received) => say({ key, kind: "received", event: received }),
      moved: (id) => say({ key, kind: "moved", id }),
      gap: (gap, first) => say({ key, kind: "gap", gap, first }),
      closing: (reason, retry) => {
        handles.delete(key);
        say({ key, kind: "closing", reason, retry });
      },
      ended: (end) => {
        handles.delete(key);
        say({ key, kind: "ended", end });
      },
    });
    handles.set(key, handle);
  };
  const close = (key: number) => {
    handles.get(key)?.close();
    handles.delete(key);
  };

  port.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    heardAt = Date.now();
    if (data.kind === "open") open(data.key, data);
    else if (data.kind === "close") close(data.key);
  });
  scope.setInterval(() => {
    if (Date.now() - heardAt < GONE_AFTER_MS) return;
    for (const key of [...handles.keys()]) close(key);
  }, GONE_AFTER_MS / 3);
  port.start();
});
