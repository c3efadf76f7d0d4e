import { type ComponentType, lazy, type LazyExoticComponent } from "react";

const loaders: (() => Promise<unknown>)[] = [];

/**
 * A view in a script of its own. It is fetched when it is shown, and at the latest when the page has nothing else to do:
 * it is there when the hub is away.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  let loading: Promise<{ default: ComponentType<Props> }> | undefined;
  const once = () => {
    loading ??= load().then(
      (view) => ({ default: view }),
      (error: unknown) => {
        loading = undefined; // another try may reach the hub
        throw error;
      },
    );
    return loading;
  };
  loaders.push(once);
  return lazy(once);
}

/** Fetches all of them, once the first view is there. */
export function loadLater(): void {
  window.setTimeout(() => {
    for (const load of loaders) load().catch(() => undefined);
  }, AFTER_MS);
}

const AFTER_MS = 2_000;
