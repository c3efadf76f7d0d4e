const AGO = /^-(\d+)(ms|s|m|h|d)$/;
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i;

/**
 * A time in the page's address: milliseconds since 1970, RFC 3339, `now`, or a span before it (`-15m`). NaN for anything
 * else. `now` is by the hub's clock.
 */
export function timeOfParam(text: string, now: number): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (text === "now") return now;
  const ago = AGO.exec(text);
  if (ago) return now - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS];
  return RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
}

// Of what a browser's Date can say; a hub takes years of four digits.
const LATEST = Date.UTC(9999, 11, 31);

/** What the events of a span of the address are asked for with; `from` and `to` empty: not given. */
export interface EventSpan {
  /** The hub's `since`; empty: not given. */
  since: string;
  /** Not included. */
  until: number | undefined;
}

/** undefined: the address cannot be read, or its end is not after its beginning. */
export function eventSpan(from: string, to: string, now: number): EventSpan | undefined {
  const begin = from === "" ? undefined : timeOfParam(from, now);
  const until = to === "" ? undefined : timeOfParam(to, now);
  for (const time of [begin, until]) {
    if (time !== undefined && !(time >= 0 && time <= LATEST)) return undefined;
  }
  if (begin !== undefined && until !== undefined && begin >= until) return undefined;
  return { since: begin === undefined ? "" : new Date(begin).toISOString(), until };
}
