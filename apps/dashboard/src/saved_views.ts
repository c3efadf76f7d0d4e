import { changedHash, parseRoute } from "./route";
import { type Limits, type LimitStore, NO_LIMITS } from "./data/limits";
import { asObject } from "./data/rows";
import { Signal } from "./data/signal";
import type { KeyStore } from "./data/storage";

/** A name for an address of the page, which holds metrics, window, marks and limits. */
export interface SavedView {
  name: string;
  /** From the # on. */
  hash: string;
}

const KEY = "sse-views";
const MOST_LIMITS = 50;

// A view leaves out what is about the moment, or about the screen.
const PASSING = { from: null, to: null, debug: null, wall: null, rotate: null };

/** The views that were saved in this browser, in the order of their names. */
export class SavedViews {
  readonly changed = new Signal();
  private views: readonly SavedView[];

  constructor(private readonly storage: KeyStore) {
    const kept = storage.read(KEY);
    this.views = sorted((Array.isArray(kept) ? kept : []).flatMap(savedView));
  }

  /** The same array until a view is saved or removed. */
  get all(): readonly SavedView[] {
    return this.views;
  }

  /** In place of the view with the same name. */
  save(view: SavedView): void {
    this.keep([...this.views.filter(({ name }) => name !== view.name), view]);
  }

  remove(name: string): void {
    this.keep(this.views.filter((view) => view.name !== name));
  }

  private keep(views: readonly SavedView[]): void {
    this.views = sorted(views);
    this.storage.write(KEY, views.length === 0 ? undefined : this.views);
    this.changed.emit();
  }
}

/** The address of what is shown, as a view of this name: with the limits of the metrics that it shows, and the pins. */
export function viewHash(hash: string, name: string, limits: LimitStore, pins: readonly string[]): string {
  const chosen = new Set(parseRoute(hash).params.getAll("m"));
  const carried = limits.all
    .filter(([metric]) => chosen.size === 0 || chosen.has(metric))
    .slice(0, MOST_LIMITS)
    .flatMap(([metric, of]) => limitTexts(metric, of));
  return changedHash(hash, { ...PASSING, view: name, limit: carried, pin: pins });
}

// How an address names them; before there were amber ones, it had the red ones alone.
const LIMIT_KINDS = {
  "warn-above": "warnAbove",
  above: "above",
  "warn-below": "warnBelow",
  below: "below",
} as const;

/** The limits that an address carries: `limit=above:90:cpu`, `limit=warn-above:70:cpu`. */
export function limitsOfParams(params: URLSearchParams): Map<string, Limits> {
  const found = new Map<string, Limits>();
  for (const text of params.getAll("limit").slice(0, 4 * MOST_LIMITS)) {
    const [, kind, number, name] = /^((?:warn-)?(?:above|below)):([^:]+):(.+)$/s.exec(text) ?? [];
    const value = Number(number);
    if (name === undefined || !Number.isFinite(value)) continue;
    const which = LIMIT_KINDS[kind as keyof typeof LIMIT_KINDS];
    found.set(name, { ...(found.get(name) ?? NO_LIMITS), [which]: value });
  }
  return found;
}

function limitTexts(name: string, limits: Limits): string[] {
  return Object.entries(LIMIT_KINDS).flatMap(([kind, which]) => {
    const limit = limits[which];
    return limit === undefined ? [] : [`${kind}:${limit}:${name}`];
  });
}

function savedView(json: unknown): SavedView[] {
  const { name, hash } = asObject(json) ?? {};
  if (typeof name !== "string" || typeof hash !== "string" || !hash.startsWith("#/")) return [];
  return [{ name, hash }];
}

function sorted(views: readonly SavedView[]): readonly SavedView[] {
  return [...views].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
