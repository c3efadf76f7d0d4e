import type { Browser, CDPSession, Page } from "playwright-core";

export interface Sample {
  /** Frames of the main thread a second, as requestAnimationFrame() has them. */
  frames: number;
  longestFrame: number;
  /** Per cent of one core that the main thread took; other than the frames it does not depend on who else works. */
  busy: number;
  heap: number;
  backing: number;
}

export interface Delays {
  p50: number;
  p95: number;
}

interface Trace {
  traceEvents: { name: string; ts: number }[];
}

// One of them for each frame that reached the screen.
const PRESENTED = "AnimationFrame::Presentation";

/** What runs in the page: it asks for every frame, and looks at the probe's card in each. */
interface Spy {
  frames: number;
  longest: number;
  delays: number[];
}

/** Measures from outside of the page's own code: Chromium's trace, its heap, and what stands in the DOM. */
export class Observer {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly session: CDPSession,
  ) {}

  static async start(browser: Browser, page: Page, probe: string): Promise<Observer> {
    const session = await page.context().newCDPSession(page);
    await page.getByRole("link", { name: probe }).waitFor();
    await page.evaluate(spyOn, probe);
    await session.send("Performance.enable");
    return new Observer(browser, page, session);
  }

  async sample(seconds: number): Promise<Sample> {
    const [before, busyBefore] = [await this.spy(), await this.threadTime()];
    await pause(seconds);
    const [after, busyAfter] = [await this.spy(), await this.threadTime()];
    await this.session.send("HeapProfiler.collectGarbage");
    const usage = await this.session.send("Runtime.getHeapUsage");
    return {
      frames: (after.frames - before.frames) / seconds,
      longestFrame: after.longest,
      busy: (100 * (busyAfter - busyBefore)) / seconds,
      heap: usage.usedSize / 1e6,
      backing: usage.backingStorageSize / 1e6,
    };
  }

  /** Frames that reached the screen a second, by a trace of so many seconds. A trace is large: not of it all. */
  async tracedFrames(seconds: number): Promise<number> {
    await this.browser.startTracing(this.page, { categories: ["devtools.timeline"] });
    await pause(seconds);
    const trace = JSON.parse((await this.browser.stopTracing()).toString()) as Trace;
    const times = trace.traceEvents.filter(({ name }) => name === PRESENTED).map(({ ts }) => ts);
    times.sort((a, b) => a - b);
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    return span > 0 ? ((times.length - 1) * 1e6) / span : 0;
  }

  async delays(): Promise<Delays> {
    const { delays } = await this.spy();
    delays.sort((a, b) => a - b);
    const at = (part: number) => delays[Math.floor(delays.length * part)] ?? Number.NaN;
    return { p50: at(0.5), p95: at(0.95) };
  }

  /** Seconds of the main thread so far. */
  private async threadTime(): Promise<number> {
    const { metrics } = await this.session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "ThreadTime")?.value ?? Number.NaN;
  }

  private spy(): Promise<Spy> {
    return this.page.evaluate(() => {
      const { spy } = window as unknown as { spy: Spy };
      const copy = { ...spy, delays: [...spy.delays] };
      spy.longest = 0;
      return copy;
    });
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

function spyOn(probe: string): void {
  const spy: Spy = { frames: 0, longest: 0, delays: [] };
  Object.assign(window, { spy });
  const link = [...document.querySelectorAll(".card a")].find((a) => a.textContent === probe);
  const figure = link?.closest(".card")?.querySelector(".latest");
  let shown = figure?.getAttribute("title");
  let last = performance.now();
  const step = (now: number) => {
    spy.frames += 1;
    spy.longest = Math.max(spy.longest, now - last);
    last = now;
    const value = figure?.getAttribute("title");
    if (value !== shown) {
      shown = value;
      spy.delays.push((Date.now() - Number(value) + 100_000) % 100_000);
    }
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
