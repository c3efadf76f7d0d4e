import type { Ports } from "../data/ports";
import type { Refusal } from "../data/refusal";
import type { StreamHandle, StreamListener, StreamRequest } from "../data/stream";

interface Timer {
  at: number;
  run: () => void;
}

/** A stream that says what the test says. */
export class FakeStream implements StreamHandle {
  closed = false;

  constructor(
    readonly request: StreamRequest,
    private readonly listener: StreamListener,
    private readonly now: () => number,
  ) {}

  close(): void {
    this.closed = true;
  }

  open(heartbeat = 15_000, head = ""): void {
    if (!this.closed) this.listener.opened({ heartbeat, head, date: null, sent: this.now() });
  }

  fail(end: Partial<Refusal> = {}): void {
    if (this.closed) return;
    this.closed = true;
    this.listener.ended({ status: 0, reason: "the connection was lost", wait: undefined, ...end });
  }

  heartbeat(id = ""): void {
    if (this.closed) return;
    this.listener.heard();
    if (id !== "") this.listener.moved(id);
  }

  send(type: string, data: unknown, id = "", topic = ""): void {
    if (this.closed) return;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.listener.heard();
    this.listener.received({ id, type, topic, data: text });
  }

  gap(missed: number | null, reason: string, first = ""): void {
    if (!this.closed) this.listener.gap({ missed, reason }, first);
  }

  closing(reason: string, retry: number): void {
    if (!this.closed) this.listener.closing(reason, retry);
  }

  get cursor(): string {
    return this.request.cursor;
  }
}

type Answer = (url: string, init?: RequestInit) => Promise<Response>;

/** A browser whose time, frames, network and chance are the test's. */
export class FakePorts implements Ports {
  time = 1_700_000_000_000;
  sources: FakeStream[] = [];
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

  readonly openStream = (request: StreamRequest, listener: StreamListener): StreamHandle => {
    const source = new FakeStream(request, listener, this.now);
    this.sources.push(source);
    return source;
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
  get source(): FakeStream {
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

  /** Lets time pass, timer by timer, and what waits for a promise. */
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

/** The hub asks for a token. */
export function tokenWanted(error: string): Response {
  return json({ error }, { "WWW-Authenticate": 'Bearer error="invalid_token"' }, 401);
}

export function json(body: unknown, headers: Record<string, string> = {}, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers });
}
