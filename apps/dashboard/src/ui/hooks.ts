import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";

import type { AccessState } from "../data/access";
import type { LimitStore } from "../data/limits";
import type { Connection } from "../data/live_metrics";
import { type Range, rangeFrom } from "../data/range";
import type { Series } from "../data/series";
import { changedHash, movedHash, parseRoute, type Route } from "../route";
import { useHub } from "./hub";

function onHashChange(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(onHashChange, () => window.location.hash));
}

export function useRange(): Range {
  return rangeFrom(useRoute().params);
}

/** Changes parameters in the address, without an entry in the history for every letter of a search. */
export function changeParams(changes: Record<string, string | null>): void {
  replaceHash(changedHash(window.location.hash, changes));
}

/** Goes to another thing of the same view, without an entry in the history. */
export function replacePath(path: string): void {
  replaceHash(movedHash(window.location.hash, path));
}

function replaceHash(hash: string): void {
  window.history.replaceState(window.history.state, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The moment that the figures on the page are true for, by the hub's clock. */
export function useNow(): number {
  const { live } = useHub();
  useSyncExternalStore(live.pulse.beat.subscribe, () => live.pulse.now);
  return live.hubNow();
}

/** As useNow(), once a second: for what changes with time only. */
export function useSecond(): number {
  const { live } = useHub();
  const snapshot = useCallback(() => Math.floor(live.hubNow() / 1_000) * 1_000, [live]);
  return useSyncExternalStore(live.pulse.beat.subscribe, snapshot);
}

/** Renders when the series has changed, or a second has passed; at the pulse of the page. */
export function useSeries(series: Series): number {
  const { live } = useHub();
  const snapshot = useCallback(
    () => `${series.version} ${Math.floor(live.hubNow() / 1_000)}`,
    [live, series],
  );
  useSyncExternalStore(live.pulse.beat.subscribe, snapshot);
  return live.hubNow();
}

export function useSeriesList(): readonly Series[] {
  const { live } = useHub();
  return useSyncExternalStore(live.store.listed.subscribe, () => live.store.all);
}

/** The limits that were set; renders when they change. */
export function useLimits(): LimitStore {
  const { limits } = useHub();
  useSyncExternalStore(limits.changed.subscribe, () => limits.version);
  return limits;
}

/** How many metrics are beyond their limits, once a second. */
export function useBroken(): number {
  const { live } = useHub();
  const limits = useLimits();
  const second = useSecond();
  if (limits.isEmpty) return 0;
  return live.store.all.filter((series) => limits.isBroken(series.name, series.latest(second + 1_000)?.value))
    .length;
}

export function useAccess(): AccessState {
  const { access } = useHub();
  return useSyncExternalStore(access.changed.subscribe, () => access.state);
}

export function useConnection(): Connection {
  const { live } = useHub();
  return useSyncExternalStore(live.changed.subscribe, () => live.connection);
}

/** Keyboard shortcuts of one character; not in a field, and not while a dialog is open. */
export function useShortcuts(shortcuts: Record<string, () => void>): void {
  // Before the view is painted: its keys may be pressed as soon as it is seen.
  const current = useRef(shortcuts);
  useLayoutEffect(() => {
    current.current = shortcuts;
  });
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      if (target?.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
      const run = current.current[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** Follows what somebody types after a moment's rest. */
export function useRested(value: string, rest: number): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), rest);
    return () => window.clearTimeout(timer);
  }, [value, rest]);
  return rested;
}
