import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export function launch(...args: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // In containers one is root, and /dev/shm is small.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info", ...args],
  });
}

/** A page that remembers what must not happen on it. */
export interface WatchedPage {
  page: Page;
  /** Errors of the console, of scripts, and requests to anybody but the hub. */
  faults: string[];
  close: () => Promise<void>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options?: BrowserContextOptions,
  allowed: readonly string[] = [],
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(15_000); // less than a test has: a failure says where it waited
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && ![new URL(url).origin, ...allowed].includes(origin)) {
      faults.push(`a request to ${request.url()}`);
    }
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}
