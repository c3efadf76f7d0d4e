import { byLabel, type Exposition } from "./exposition";

/** What the hub did to some stream, as its counters tell. */
export interface HubIncident {
  /** When it was seen, by this browser's clock. */
  at: number;
  kind: "gap" | "closed" | "refused";
  reason: string;
  count: number;
  /** Of gaps: how many events; undefined: not known. */
  missed: number | undefined;
}

const COUNTERS = [
  { kind: "gap", name: "sse_gaps_total" },
  { kind: "closed", name: "sse_streams_closed_total" },
  { kind: "refused", name: "sse_streams_refused_total" },
] as const;

// The subscriber itself left, or has had all that it wanted.
const USUAL_ENDS = new Set(["peer", "done"]);

// What happens again within this time is one entry: a busy hub would fill the list in a minute.
const TOGETHER_MS = 10_000;

const MOST = 200;

/** What has happened between two looks at the hub's counters. */
export function incidentsBetween(before: Exposition, after: Exposition, at: number): HubIncident[] {
  const found = COUNTERS.flatMap(({ kind, name }) => {
    const first = byLabel(before, name, "reason");
    return [...byLabel(after, name, "reason")].flatMap(([reason, total]): HubIncident[] => {
      const count = total - (first.get(reason) ?? 0);
      const isUsual = kind === "closed" && USUAL_ENDS.has(reason);
      return count > 0 && !isUsual ? [{ at, kind, reason, count, missed: undefined }] : [];
    });
  });
  const missed = (after.get(MISSED) ?? 0) - (before.get(MISSED) ?? 0);
  const gaps = found.filter(({ kind }) => kind === "gap");
  // The counter is about all reasons; of these one alone has numbers.
  const counted =
    gaps.find(({ reason }) => reason === "expired") ?? (gaps.length === 1 ? gaps[0] : undefined);
  if (counted && missed > 0) counted.missed = missed;
  return found;
}

const MISSED = "sse_missed_events_total";

/** The list with what is new in it, the newest first. */
export function withIncidents(list: readonly HubIncident[], more: readonly HubIncident[]): HubIncident[] {
  const all = [...list];
  for (const incident of more) {
    const index = all.findIndex(({ kind, reason }) => kind === incident.kind && reason === incident.reason);
    const same = all[index];
    if (same && incident.at - same.at < TOGETHER_MS) {
      const missed =
        same.missed === undefined && incident.missed === undefined
          ? undefined
          : (same.missed ?? 0) + (incident.missed ?? 0);
      all[index] = { ...same, count: same.count + incident.count, missed };
    } else {
      all.unshift(incident);
    }
  }
  return all.slice(0, MOST);
}
