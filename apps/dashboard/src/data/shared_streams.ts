import type { Refusal } from "./refusal";
import type { Gap, StreamHandle, StreamHead, StreamListener, StreamRequest } from "./stream";
import type { HubEvent } from "./event_parser";

/** From a window to the worker that has the stream. `key` names a stream of the window. */
export type ToWorker =
  | { kind: "open"; key: number; base: string; request: StreamRequest }
  | { kind: "close"; key: number }
  | { kind: "alive" };

/** From the worker: what a StreamListener is told. */
export type FromWorker = { key: number } & (
  | { kind: "opened"; head: StreamHead }
  | { kind: "heard" }
  | { kind: "received"; event: HubEvent }
  | { kind: "moved"; id: string }
  | { kind: "gap"; gap: Gap; first: string }
  | { kind: "closing"; reason: string; retry: number }
  | { kind: "ended"; end: Refusal }
);

/** After so long without a word a window is gone: a port does not say so. */
export const GONE_AFTER_MS = 30_000;
const ALIVE_EVERY_MS = 10_000;

type OpenStream = (request: StreamRequest, listener: StreamListener) => StreamHandle;

/**
 * Streams by a worker that all windows of this browser share, so that they have one connection together. Where there
 * are no such workers, or one fails, by `direct`.
 */
export function sharedStreams(makeWorker: () => SharedWorker, direct: OpenStream): OpenStream {
  const listeners = new Map<number, StreamListener>();
  let keys = 0;
  let worker: SharedWorker | undefined;
  let beat: number | undefined;

  const say = (message: ToWorker) => worker?.port.postMessage(message);
  const drop = (key: number) => {
    if (!listeners.delete(key)) return;
    say({ kind: "close", key });
    if (listeners.size > 0) return;
    window.clearInterval(beat);
    beat = undefined;
  };
  try {
    worker = makeWorker();
  } catch {
    return direct;
  }
  worker.addEventListener("error", () => {
    worker = undefined;
    const left = [...listeners.values()];
    listeners.clear();
    window.clearInterval(beat);
    beat = undefined;
    for (const listener of left)
      listener.ended({ status: 0, reason: "the shared stream failed", wait: undefined });
  });
  worker.port.addEventListener("message", ({ data }: MessageEvent<FromWorker[]>) => {
    for (const message of data) {
      const listener = listeners.get(message.key);
      if (listener) hear(listener, message);
      if (message.kind === "ended" || message.kind === "closing") listeners.delete(message.key);
    }
  });
  worker.port.start();
  window.addEventListener("pagehide", () => {
    for (const key of [...listeners.keys()]) drop(key);
  });

  return (request, listener) => {
    if (!worker) return direct(request, listener);
    const key = (keys += 1);
    listeners.set(key, listener);
    say({ kind: "open", key, base: document.baseURI, request });
    beat ??= window.setInterval(() => say({ kind: "alive" }), ALIVE_EVERY_MS);
    return { close: () => drop(key) };
  };
}

function hear(listener: StreamListener, message: FromWorker): void {
  switch (message.kind) {
    case "opened":
      listener.opened(message.head);
      break;
    case "heard":
      listener.heard();
      break;
    case "received":
      listener.received(message.event);
      break;
    case "moved":
      listener.moved(message.id);
      break;
    case "gap":
      listener.gap(message.gap, message.first);
      break;
    case "closing":
      listener.closing(message.reason, message.retry);
      break;
    case "ended":
      listener.ended(message.end);
      break;
  }
}
