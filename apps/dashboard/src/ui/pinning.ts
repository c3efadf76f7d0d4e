import { useMemo, useSyncExternalStore } from "react";

import { moved, toggled } from "../data/pins";
import { changeParams, useRoute } from "./hooks";
import { useHub } from "./hub";

export interface Pinning {
  /** In their order. */
  names: readonly string[];
  toggle: (name: string) => void;
  /** To the place before (-1), or after it (1). */
  move: (name: string, step: number) => void;
}

/** The pinned metrics: of an address that has some, its own; else those of this browser. Each is changed where it is from. */
export function usePinning(): Pinning {
  const { pins } = useHub();
  const { params } = useRoute();
  const own = useSyncExternalStore(pins.changed.subscribe, () => pins.names);
  const isOfAddress = params.has("pin");
  const carried = params.getAll("pin").join("\n");
  return useMemo(() => {
    const names = isOfAddress ? carried.split("\n").filter((name) => name !== "") : own;
    const keep = (next: readonly string[]) => (isOfAddress ? changeParams({ pin: next }) : pins.keep(next));
    return {
      names,
      toggle: (name) => keep(toggled(names, name)),
      move: (name, step) => keep(moved(names, name, step)),
    };
  }, [pins, own, isOfAddress, carried]);
}
