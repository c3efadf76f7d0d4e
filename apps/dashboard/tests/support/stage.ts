import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

import { launch, openPage, type WatchedPage } from "./browser";
import { Hub } from "./hub";

/** A browser for all tests of a file, and for each test a hub of its own and pages that must have no faults. */
export class Stage {
  private browser: Browser | undefined;
  private running: Hub | undefined;
  private opened: WatchedPage[] = [];
  private forgiven: RegExp | undefined;

  static forTests(...options: string[]): Stage {
    const stage = new Stage();
    beforeAll(async () => {
      stage.browser = await launch();
    });
    beforeEach(async () => {
      stage.forgiven = undefined;
      stage.running = await Hub.start(...options);
    });
    afterEach(async () => {
      const faults = stage.opened.flatMap((page) => page.faults);
      await Promise.all(stage.opened.map((page) => page.close()));
      stage.opened = [];
      await stage.running?.stop();
      expect(faults.filter((fault) => !stage.forgiven?.test(fault))).toEqual([]);
    });
    afterAll(async () => {
      await stage.browser?.close();
    });
    return stage;
  }

  get hub(): Hub {
    if (!this.running) throw new Error("the hub runs within tests only");
    return this.running;
  }

  /** `path` begins with the #: there is one page. */
  open(path = "", options?: BrowserContextOptions): Promise<Page> {
    return this.openAt(`${this.hub.url}/${path}`, options);
  }

  /** A page of another site; `allowed` are further origins that it may ask. */
  async openAt(url: string, options?: BrowserContextOptions, allowed: string[] = []): Promise<Page> {
    if (!this.browser) throw new Error("the browser runs within tests only");
    const opened = await openPage(this.browser, url, options, allowed);
    this.opened.push(opened);
    return opened.page;
  }

  /** A browser writes every failed request to the console; for tests that make requests fail. */
  forgiveFailedRequests(): void {
    this.forgive(/^Failed to load resource/);
  }

  /** What a test makes the browser write to the console. */
  forgive(fault: RegExp): void {
    this.forgiven = fault;
  }
}
