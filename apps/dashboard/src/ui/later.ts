import { type ComponentType, lazy, type LazyExoticComponent } from "react";

const AGAIN_MS = 2_000;
const AFTER_MS = 2_000;

const loaders: (() => Promise<unknown>)[] = [];

/**
 * A part of the page in a script of its own. It is fetched when it is first shown, and at the latest when the page has
 * nothing else to do: it is there when the hub is away. Until it is there it is tried again, and what waits for it shows
 * its fallback.
 */
export function later<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  let loading: Promise<{ default: ComponentType<Props> }> | undefined;
  const once = () => (loading ??= untilThere(load));
  loaders.push(once);
  return lazy(once);
}

async function untilThere<Props>(load: () => Promise<ComponentType<Props>>) {
  for (;;) {
    try {
      return { default: await load() };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Fetches all of them, once the first view is there. */
export function loadLater(): void {
  window.setTimeout(() => {
    for (const load of loaders) void load();
  }, AFTER_MS);
}
