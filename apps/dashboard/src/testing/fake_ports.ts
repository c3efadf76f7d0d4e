import type { Ports } from "../data/ports";

interface Timer {
  at: number;
  run: () => void;
}

/** An EventSource that says what the test says. */
export class FakeEventSource extends EventTarget {
  closed = false;

  constructor(readonly url: string) {
    super();
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  fail(): void {
    this.dispatchEvent(new Event("error"));
  }

  send(type: string, data: unknown, lastEventId = ""): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    if (!this.closed) this.dispatchEvent(new MessageEvent(type, { data: text, lastEventId }));
  }

  get cursor(): string {
    return new URL(this.url, "http://hub").searchParams.get("last_event_id") ?? "";
  }
}

type Answer = (url: string, init?: RequestInit) => Promise<Response>;

/** A browser whose time, frames, network and chance are the test's. */
export class FakePorts implements Ports {
  time = 1_700_000_000_000;
  sources: FakeEventSource[] = [];
  requests: { url: string; init: RequestInit | undefined }[] = [];
  answer: Answer = () => Promise.reject(new TypeError("no network"));

  private timers = new Map<number, Timer>();
  private nextTimer = 1;
  private frames: (() => void)[] = [];

  readonly now = (): number => this.time;
  readonly random = (): number => 0;

  readonly fetch = (url: string, init?: RequestInit): Promise<Response> => {
    this.requests.push({ url, init });
    return this.answer(url, init);
  };

  readonly openEventSource = (url: string): EventSource => {
    const source = new FakeEventSource(url);
    this.sources.push(source);
    return source as unknown as EventSource;
  };

  readonly setTimer = (run: () => void, milliseconds: number): number => {
    this.timers.set(this.nextTimer, { at: this.time + milliseconds, run });
    return this.nextTimer++;
  };

  readonly clearTimer = (timer: number): void => {
    this.timers.delete(timer);
  };

  readonly requestFrame = (run: () => void): void => {
    this.frames.push(run);
  };

  /** The newest stream. */
  get source(): FakeEventSource {
    const newest = this.sources.at(-1);
    if (!newest) throw new Error("no stream was opened");
    return newest;
  }

  get openStreams(): number {
    return this.sources.filter((source) => !source.closed).length;
  }

  frame(): void {
    const due = this.frames;
    this.frames = [];
    for (const run of due) run();
  }

  /** Lets time pass, timer by timer, and whatever waits for a promise. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settled();
      const due = [...this.timers]
        .filter(([, timer]) => timer.at <= end)
        .sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].run();
    }
    this.time = end;
    await settled();
  }

  /** The machine sleeps: time passes, and nothing runs. */
  sleep(milliseconds: number): void {
    this.time += milliseconds;
  }
}

/** Everything that only waits for promises is done afterwards. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

export function json(body: unknown, headers: Record<string, string> = {}, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers });
}
