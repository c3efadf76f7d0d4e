import type { Page } from "playwright-core";

import { disagreement } from "./agreement";
import { type Hub, until } from "./hub";

export function connected(page: Page): Promise<void> {
  return connectionSays(page, "connected");
}

export function connectionSays(page: Page, text: string): Promise<void> {
  return until(async () => (await page.getByTestId("connection").textContent()) === text);
}

/** Waits until the screen shows what the hub stores. */
export async function agreed(page: Page, hub: Hub): Promise<void> {
  let different: string | undefined;
  try {
    await until(async () => (different = await disagreement(page, hub)) === undefined, 20_000);
  } catch {
    throw new Error(`the page does not agree with the hub: ${different ?? ""}`);
  }
}

/** How many streams the hub has open: it says so in the answer to each publish. */
export async function streamsOf(hub: Hub): Promise<number> {
  const { subscribers } = await hub.post<{ subscribers: number }>("/events", { type: "count", data: 0 });
  return subscribers;
}
