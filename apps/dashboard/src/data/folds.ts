import { Signal } from "./signal";
import type { KeyStore } from "./storage";

const KEY = "sse-folds";

/** The groups of metrics that are folded, in this browser. */
export class Folds {
  readonly changed = new Signal();
  /** Grows with every change. */
  version = 0;
  private readonly names: Set<string>;

  constructor(private readonly storage: KeyStore) {
    const kept = storage.read(KEY);
    this.names = new Set(Array.isArray(kept) ? kept.filter((name) => typeof name === "string") : []);
  }

  has(group: string): boolean {
    return this.names.has(group);
  }

  toggle(group: string): void {
    if (!this.names.delete(group)) this.names.add(group);
    this.version += 1;
    this.storage.write(KEY, this.names.size === 0 ? undefined : [...this.names]);
    this.changed.emit();
  }
}
