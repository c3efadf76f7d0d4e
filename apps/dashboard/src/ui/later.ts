import { type ComponentType, lazy, type LazyExoticComponent } from "react";

const AGAIN_MS = 2_000;

/**
 * A part of the page that is not in the first script: it is loaded when it is first shown. While the hub cannot be
 * reached it is tried again, and what waits for it shows its fallback.
 */
export function later<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    for (;;) {
      try {
        return { default: await load() };
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  });
}
