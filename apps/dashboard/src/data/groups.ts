import type { Series } from "./series";

export interface Group {
  /** What its metrics' names begin with, with the `/` or `.` behind it; empty: those that have neither. */
  prefix: string;
  members: readonly Series[];
}

/** A metric's group: its name up to the first `/` or `.`, that included. */
export function prefixOf(name: string): string {
  return /^[^/.]+[/.](?=.)/.exec(name)?.[0] ?? "";
}

/** The groups of metrics in the order of their first members; those without a group come last. */
export function groupsOf(all: readonly Series[]): Group[] {
  const groups = new Map<string, Series[]>();
  for (const series of all) {
    const prefix = prefixOf(series.name);
    const members = groups.get(prefix);
    if (members) members.push(series);
    else groups.set(prefix, [series]);
  }
  const rest = groups.get("");
  groups.delete("");
  const found = [...groups].map(([prefix, members]) => ({ prefix, members }));
  return rest ? [...found, { prefix: "", members: rest }] : found;
}
