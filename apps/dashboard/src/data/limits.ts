import { asObject } from "./rows";
import { Signal } from "./signal";
import type { KeyStore } from "./storage";

/** How bad it is: amber, or red. */
export type Level = "warn" | "bad";

export type Side = "above" | "below";

/** What the value of a metric should not be above, or below. The amber limits are met before the red ones. */
export interface Limits {
  warnAbove: number | undefined;
  above: number | undefined;
  warnBelow: number | undefined;
  below: number | undefined;
}

export const NO_LIMITS: Limits = {
  warnAbove: undefined,
  above: undefined,
  warnBelow: undefined,
  below: undefined,
};

/** A limit that a value is beyond. */
export interface Broken {
  level: Level;
  side: Side;
  limit: number;
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
    if (Object.values(limits).every((limit) => limit === undefined)) this.byName.delete(name);
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

  /** The worst limit of its metric that the value is beyond. */
  broken(name: string, value: number | undefined): Broken | undefined {
    const limits = this.of(name);
    if (!limits || value === undefined) return undefined;
    const beyond = (level: Level, side: Side, limit: number | undefined): Broken | undefined =>
      limit !== undefined && (side === "above" ? value > limit : value < limit)
        ? { level, side, limit }
        : undefined;
    return (
      beyond("bad", "above", limits.above) ??
      beyond("bad", "below", limits.below) ??
      beyond("warn", "above", limits.warnAbove) ??
      beyond("warn", "below", limits.warnBelow)
    );
  }

  private emit(): void {
    this.version += 1;
    this.changed.emit();
  }
}

// Pages before the amber limits kept `above` and `below` alone.
function limitsOf(json: unknown): Limits | undefined {
  const row = asObject(json);
  if (!row) return undefined;
  const number = (name: keyof Limits) => (typeof row[name] === "number" ? row[name] : undefined);
  return {
    warnAbove: number("warnAbove"),
    above: number("above"),
    warnBelow: number("warnBelow"),
    below: number("below"),
  };
}
