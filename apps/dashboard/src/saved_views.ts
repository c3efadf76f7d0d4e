import { changedHash, parseRoute } from "./route";
import type { Limits, LimitStore } from "./data/limits";
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

/** The address of what is shown, as a view of this name: with the limits of the metrics that it shows. */
export function viewHash(hash: string, name: string, limits: LimitStore): string {
  const chosen = new Set(parseRoute(hash).params.getAll("m"));
  const carried = limits.all
    .filter(([metric]) => chosen.size === 0 || chosen.has(metric))
    .slice(0, MOST_LIMITS)
    .flatMap(([metric, of]) => limitTexts(metric, of));
  return changedHash(hash, { ...PASSING, view: name, limit: carried });
}

/** The limits that an address carries: `limit=above:90:cpu`. */
export function limitsOfParams(params: URLSearchParams): Map<string, Limits> {
  const found = new Map<string, Limits>();
  for (const text of params.getAll("limit").slice(0, 2 * MOST_LIMITS)) {
    const [, kind, number, name] = /^(above|below):([^:]+):(.+)$/s.exec(text) ?? [];
    const value = Number(number);
    if (name === undefined || !Number.isFinite(value)) continue;
    const before = found.get(name) ?? { above: undefined, below: undefined };
    found.set(name, kind === "above" ? { ...before, above: value } : { ...before, below: value });
  }
  return found;
}

function limitTexts(name: string, { above, below }: Limits): string[] {
  return [
    ...(above === undefined ? [] : [`above:${above}:${name}`]),
    ...(below === undefined ? [] : [`below:${below}:${name}`]),
  ];
}

function savedView(json: unknown): SavedView[] {
  const { name, hash } = asObject(json) ?? {};
  if (typeof name !== "string" || typeof hash !== "string" || !hash.startsWith("#/")) return [];
  return [{ name, hash }];
}

function sorted(views: readonly SavedView[]): readonly SavedView[] {
  return [...views].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
