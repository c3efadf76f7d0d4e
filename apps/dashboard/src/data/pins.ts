import { Signal } from "./signal";
import type { KeyStore } from "./storage";

const KEY = "sse-pins";

/** The metrics that stand in front of all others, in their order, in this browser. By name, as limits are. */
export class Pins {
  readonly changed = new Signal();
  private list: readonly string[];

  constructor(private readonly storage: KeyStore) {
    const kept = storage.read(KEY);
    this.list = Array.isArray(kept)
      ? [...new Set(kept.filter((name): name is string => typeof name === "string"))]
      : [];
  }

  /** The same array until they change. */
  get names(): readonly string[] {
    return this.list;
  }

  keep(names: readonly string[]): void {
    this.list = names;
    this.storage.write(KEY, names.length === 0 ? undefined : names);
    this.changed.emit();
  }
}

/** With the name at the end, or without it. */
export function toggled(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
}

/** With the name one place earlier (`step` -1) or later (1); the same where there is no such place. */
export function moved(names: readonly string[], name: string, step: number): readonly string[] {
  const from = names.indexOf(name);
  const to = from + step;
  if (from < 0 || to < 0 || to >= names.length) return names;
  const others = names.filter((one) => one !== name);
  return [...others.slice(0, to), name, ...others.slice(to)];
}

/** Those whose names are pinned, in the order of the pins, and then the others as they were. */
export function pinnedFirst<Item extends { name: string }>(
  all: readonly Item[],
  names: readonly string[],
): readonly Item[] {
  if (names.length === 0) return all;
  const places = new Map(names.map((name, place) => [name, place]));
  const placeOf = ({ name }: Item) => places.get(name) ?? names.length;
  return [...all].sort((a, b) => placeOf(a) - placeOf(b));
}
