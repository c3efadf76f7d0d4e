import type { Series } from "./series";

export const SORTS = [
  { key: "created", label: "Creation" },
  { key: "name", label: "Name" },
  { key: "latest", label: "Latest value" },
  { key: "change", label: "Change" },
  { key: "updated", label: "Last reading" },
  { key: "silent", label: "Silent first" },
] as const;

export type Sort = (typeof SORTS)[number]["key"];

export function sortFrom(text: string | null): Sort {
  return SORTS.find((sort) => sort.key === text)?.key ?? "created";
}

/** Metrics whose name holds every word of `search`, whatever their case, in the order of `sort`. */
export function listing(
  all: readonly Series[],
  search: string,
  sort: Sort,
  bounds: { from: number; to: number },
  now: number,
): readonly Series[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((series) => {
    const name = series.name.toLowerCase();
    return words.every((word) => name.includes(word));
  });
  if (sort === "created") return found;
  if (sort === "name") {
    const names = new Intl.Collator("en", { numeric: true });
    return found.sort((a, b) => names.compare(a.name, b.name));
  }
  const ranks = new Map(found.map((series) => [series, rank(series, sort, bounds, now)]));
  return found.sort((a, b) => (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0));
}

// By how much of itself: a billion that grows by 190 has changed less than 5 that becomes 90.
function changeOf({ first, latest }: { first: number; latest: number }): number {
  const size = Math.max(Math.abs(first), Math.abs(latest));
  return size > 0 ? Math.abs(latest / size - first / size) : 0;
}

// Higher comes first; metrics without readings come last, also those that have them from the future only.
function rank(series: Series, sort: Sort, { from, to }: { from: number; to: number }, now: number): number {
  const latest = series.latest(now);
  if (!latest) return Number.NEGATIVE_INFINITY;
  switch (sort) {
    case "latest":
      return latest.value;
    case "updated":
      return latest.time;
    case "silent":
      return series.silentSince(now) === undefined ? 0 : 1;
    default: {
      const summary = series.summary(from, to);
      return summary ? changeOf(summary) : -1;
    }
  }
}
