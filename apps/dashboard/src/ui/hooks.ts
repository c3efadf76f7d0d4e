import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";

import type { AccessState } from "../data/access";
import type { Alert } from "../data/alerts";
import type { LimitStore } from "../data/limits";
import type { Connection } from "../data/live_metrics";
import { isLongAgo } from "../data/pasts";
import { type Range, rangeFrom, rangeParams } from "../data/range";
import type { Series } from "../data/series";
import { changedHash, type Changes, movedHash, parseRoute, type Route } from "../route";
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
export function changeParams(changes: Changes): void {
  replaceHash(changedHash(window.location.hash, changes));
}

/**
 * Shows another time. Back undoes it if a span stands still before or after it. `isContinued`: it goes on with what the
 * last change began, such as a key that is held.
 */
export function showRange(range: Range, isContinued = false): void {
  const isZoom = range.kind === "fixed" || parseRoute(window.location.hash).params.has("from");
  const changes = rangeParams(range);
  if (isZoom && !isContinued) pushParams(changes);
  else changeParams(changes);
}

/** Shows what comes, in the window from before. Back undoes it. */
export function backToLive(): void {
  pushParams({ from: null, to: null });
}

function pushParams(changes: Changes): void {
  const { hash } = window.location;
  if (changedHash(hash, changes) === changedHash(hash, {})) return;
  window.history.pushState(null, "", changedHash(hash, changes));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
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

/** Has the past of a metric loaded, by steps of so many milliseconds if any. Returns what to say about it. */
export function usePast(series: Series, range: Range, step: number | undefined): string {
  const { pasts, live } = useHub();
  const edge = range.kind === "live" ? -range.span : range.from;
  const until = isLongAgo(range, series) && range.kind === "fixed" ? range.to + 1 : undefined;
  useEffect(() => {
    if (step === undefined) return undefined;
    return pasts.want(series, step, edge < 0 ? live.hubNow() + edge : edge, until);
  }, [pasts, live, series, step, edge, until]);
  return useSyncExternalStore(pasts.changed.subscribe, () => pasts.stateOf(series));
}

/** The same list for as long as the same things are in it. */
export function useSteady<Item>(list: readonly Item[]): readonly Item[] {
  const [kept, setKept] = useState(list);
  const isSame = kept.length === list.length && kept.every((item, index) => item === list[index]);
  if (!isSame) setKept(list);
  return isSame ? kept : list;
}

/** The limits that were set; renders when they change. */
export function useLimits(): LimitStore {
  const { limits } = useHub();
  useSyncExternalStore(limits.changed.subscribe, () => limits.version);
  return limits;
}

/** The metrics that are beyond a limit, or silent. */
export function useAlerts(): readonly Alert[] {
  const { alerts } = useHub();
  return useSyncExternalStore(alerts.changed.subscribe, () => alerts.all);
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
export function useShortcuts(shortcuts: Record<string, (event: KeyboardEvent) => void>): void {
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
      run(event);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** Follows what a user types, after a moment's rest. */
export function useRested(value: string, rest: number): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), rest);
    return () => window.clearTimeout(timer);
  }, [value, rest]);
  return rested;
}
