import { openStream, type StreamHandle, type StreamListener, type StreamRequest } from "./stream";

/** Everything of the browser that the data layer touches, so that tests can stand in for it. */
export interface Ports {
  /** `url` is relative to the page, which may be below a path of a proxy. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  openStream(request: StreamRequest, listener: StreamListener): StreamHandle;
  /** Wall time in milliseconds. */
  now(): number;
  setTimer(run: () => void, milliseconds: number): number;
  clearTimer(timer: number): void;
  requestFrame(run: () => void): void;
  /** From 0 up to but not including 1. */
  random(): number;
}

export const browserPorts: Ports = {
  fetch: (url, init) => fetch(url, init),
  openStream: (request, listener) => openStream(browserPorts, request, listener),
  now: () => Date.now(),
  setTimer: (run, milliseconds) => self.setTimeout(run, milliseconds),
  clearTimer: (timer) => self.clearTimeout(timer),
  requestFrame: (run) => void window.requestAnimationFrame(run),
  random: () => Math.random(),
};
