/** Everything of the browser that the data layer touches, so that tests can stand in for it. */
export interface Ports {
  fetch(url: string, init?: RequestInit): Promise<Response>;
  openEventSource(url: string): EventSource;
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
  openEventSource: (url) => new EventSource(url),
  now: () => Date.now(),
  setTimer: (run, milliseconds) => window.setTimeout(run, milliseconds),
  clearTimer: (timer) => window.clearTimeout(timer),
  requestFrame: (run) => void window.requestAnimationFrame(run),
  random: () => Math.random(),
};
