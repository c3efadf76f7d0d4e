import { asObject } from "./rows";
import { Signal } from "./signal";
import type { KeyStore } from "./storage";

/** What the value of a metric should not be above, or below. */
export interface Limits {
  above: number | undefined;
  below: number | undefined;
}

const KEY = "sse-limits";

/** The limits that were set in this browser, by the names of metrics: a hub that is started again makes new ids. */
export class LimitStore {
  readonly changed = new Signal();
  /** Grows with every change. */
  version = 0;

  private readonly byName = new Map<string, Limits>();
  private carried: ReadonlyMap<string, Limits> = new Map();

  constructor(private readonly storage: KeyStore) {
    for (const [name, json] of Object.entries(asObject(storage.read(KEY)) ?? {})) {
      const limits = limitsOf(json);
      if (limits) this.byName.set(name, limits);
    }
  }

  get isEmpty(): boolean {
    return this.byName.size === 0 && this.carried.size === 0;
  }

  /** By name; those of the address win over the browser's own. */
  get all(): readonly [string, Limits][] {
    return [...new Map([...this.byName, ...this.carried])];
  }

  of(name: string): Limits | undefined {
    return this.carried.get(name) ?? this.byName.get(name);
  }

  set(name: string, limits: Limits): void {
    if (limits.above === undefined && limits.below === undefined) this.byName.delete(name);
    else this.byName.set(name, limits);
    this.storage.write(KEY, this.byName.size === 0 ? undefined : Object.fromEntries(this.byName));
    this.emit();
  }

  /** Those of a shared address win over the browser's own while it is shown, and are not kept. */
  carry(limits: ReadonlyMap<string, Limits>): void {
    if (limits.size === 0 && this.carried.size === 0) return;
    this.carried = limits;
    this.emit();
  }

  /** The limit of its metric that the value is beyond. */
  broken(name: string, value: number | undefined): "above" | "below" | undefined {
    const limits = this.of(name);
    if (!limits || value === undefined) return undefined;
    if (limits.above !== undefined && value > limits.above) return "above";
    return limits.below !== undefined && value < limits.below ? "below" : undefined;
  }

  private emit(): void {
    this.version += 1;
    this.changed.emit();
  }
}

function limitsOf(json: unknown): Limits | undefined {
  const row = asObject(json);
  if (!row) return undefined;
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  return { above: number(row.above), below: number(row.below) };
}
