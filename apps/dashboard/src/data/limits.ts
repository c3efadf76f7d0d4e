import { asObject, parseObject } from "./rows";
import { Signal } from "./signal";

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

  private byName = new Map<string, Limits>();

  /** `storage`: undefined where the browser has none for this page. */
  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined) {
    const kept = parseObject(storage?.getItem(KEY) ?? "{}");
    for (const [name, json] of Object.entries(kept ?? {})) {
      const limits = limitsOf(json);
      if (limits) this.byName.set(name, limits);
    }
  }

  get isEmpty(): boolean {
    return this.byName.size === 0;
  }

  of(name: string): Limits | undefined {
    return this.byName.get(name);
  }

  set(name: string, limits: Limits): void {
    if (limits.above === undefined && limits.below === undefined) this.byName.delete(name);
    else this.byName.set(name, limits);
    this.version += 1;
    try {
      if (this.isEmpty) this.storage?.removeItem(KEY);
      else this.storage?.setItem(KEY, JSON.stringify(Object.fromEntries(this.byName)));
    } catch {
      // No room: they count until the page is closed.
    }
    this.changed.emit();
  }

  /** Whether the value is beyond a limit of its metric. */
  isBroken(name: string, value: number | undefined): boolean {
    const limits = this.byName.get(name);
    if (!limits || value === undefined) return false;
    return (
      (limits.above !== undefined && value > limits.above) ||
      (limits.below !== undefined && value < limits.below)
    );
  }
}

function limitsOf(json: unknown): Limits | undefined {
  const row = asObject(json);
  if (!row) return undefined;
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  return { above: number(row.above), below: number(row.below) };
}
