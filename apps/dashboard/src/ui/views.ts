import { useCallback, useEffect, useState, useSyncExternalStore } from "react";

import type { Range } from "../data/range";
import { changedHash } from "../route";
import { limitsOfParams, type SavedView } from "../saved_views";
import { useHub } from "./hub";

/** The views that were saved in this browser. */
export function useSavedViews(): readonly SavedView[] {
  const { views } = useHub();
  return useSyncExternalStore(views.changed.subscribe, () => views.all);
}

/** Limits that the address carries count while it is shown. */
export function useCarriedLimits(params: URLSearchParams): void {
  const { limits } = useHub();
  const key = params.getAll("limit").join("\n");
  useEffect(() => {
    limits.carry(limitsOfParams(new URLSearchParams(key.split("\n").map((text) => ["limit", text]))));
  }, [limits, key]);
}

const HOUR = 3_600_000;

/** The marks of the chosen types over the time that is shown; `types` empty: none. */
export function useMarks(types: string, range: Range): void {
  const { marks, live } = useHub();
  const span = range.kind === "live" ? range.span : Math.max(0, live.hubNow() - range.from);
  // By the hour: a window that is changed, or zoomed, mostly has the same marks.
  const hours = Math.max(1, Math.ceil(span / HOUR));
  useEffect(() => marks.follow(types, `${hours}h`), [marks, types, hours]);
}

export interface Rotation {
  /** Of the view that is shown; empty: none of the saved ones. */
  name: string;
  isPaused: boolean;
  toggle: () => void;
}

const SHORTEST_TURN_S = 3;

/** Goes from one saved view to the next, in wall mode with `rotate=30` in the address; undefined: there is nothing to do. */
export function useRotation(params: URLSearchParams): Rotation | undefined {
  const views = useSavedViews();
  const [isPaused, setPaused] = useState(false);
  const every = Number(params.get("rotate") ?? Number.NaN);
  const isTurning = params.has("wall") && every > 0 && views.length > 0;
  const name = params.get("view") ?? "";
  const toggle = useCallback(() => setPaused((before) => !before), []);
  useEffect(() => {
    if (!isTurning || isPaused) return undefined;
    const wait = Math.max(SHORTEST_TURN_S, every) * 1_000;
    const next = views[(views.findIndex((view) => view.name === name) + 1) % views.length];
    if (!next) return undefined;
    const turn = () => {
      window.location.replace(changedHash(next.hash, { wall: "1", rotate: String(every) }));
    };
    const timer = window.setTimeout(turn, wait);
    return () => window.clearTimeout(timer);
  }, [isTurning, isPaused, every, views, name]);
  return isTurning ? { name, isPaused, toggle } : undefined;
}
