import { type Cluster, clusterOf } from "./cluster";
import { type Exposition, parseExposition } from "./exposition";
import { type HubIncident, incidentsBetween, withIncidents } from "./hub_incidents";
import type { Ports } from "./ports";
import { type Refusal, refusalOf, RefusedError, strangerOf, UNREACHED } from "./refusal";
import { asObject } from "./rows";
import { Signal } from "./signal";

/** A stream of the hub, as /-/streams tells of it. */
export interface HubStream {
  id: string;
  peer: string;
  principal: string;
  ageSeconds: number;
  lagEvents: number;
  lagBytes: number;
  sentBytes: number;
  /** Since the last look; undefined at the first. */
  bytesPerSecond: number | undefined;
  isBlocked: boolean;
  isParked: boolean;
  /** For people; empty: everything. */
  filter: string;
}

export interface Sample {
  at: number;
  values: Exposition;
}

const EVERY = 1_000;
const REMEMBERED = 300;

/** What the hub says of itself, once a second while it is looked at. */
export class HubStatus {
  readonly changed = new Signal();
  /** Grows with every change. */
  version = 0;
  open = 0;
  streams: readonly HubStream[] = [];
  refusal: Refusal | undefined;
  /** Of a hub that is one of several; undefined: not known. */
  cluster: Cluster | undefined;
  /** Gaps, closings and refusals since the first look, the newest first. */
  incidents: readonly HubIncident[] = [];

  private samples: Sample[] = [];
  private timer: number | undefined;
  private asking: AbortController | undefined;
  private isAskingCluster = false;

  constructor(private readonly ports: Ports) {}

  /** The newest last. */
  get history(): readonly Sample[] {
    return this.samples;
  }

  get now(): Exposition | undefined {
    return this.samples.at(-1)?.values;
  }

  start(): void {
    this.stop();
    void this.look();
  }

  stop(): void {
    this.asking?.abort();
    this.asking = undefined;
    if (this.timer !== undefined) this.ports.clearTimer(this.timer);
    this.timer = undefined;
  }

  /** How much a counter has grown each second, between the last two looks. */
  rate(name: string): number | undefined {
    return rateBetween(this.samples.at(-2), this.samples.at(-1), name);
  }

  /** The same between all looks: what a small chart shows. */
  rates(name: string): number[] {
    return this.samples.flatMap((sample, index) => rateBetween(this.samples[index - 1], sample, name) ?? []);
  }

  /** undefined: done. */
  async close(stream: string): Promise<Refusal | undefined> {
    try {
      const response = await this.ports.fetch(`-/streams/${stream}`, { method: "DELETE" });
      if (!response.ok && response.status !== 404) return await refusalOf(response);
    } catch {
      return UNREACHED;
    }
    this.start();
    return undefined;
  }

  private async look(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    const { signal } = asking;
    try {
      const [numbers, streams] = await Promise.all([
        this.ask("-/metrics", signal).then((response) => response.text()),
        this.ask("-/streams", signal).then((response) => response.json() as Promise<unknown>),
      ]);
      if (signal.aborted) return;
      this.take(numbers, streams);
    } catch (error) {
      if (signal.aborted) return;
      this.refusal = error instanceof RefusedError ? error.refusal : UNREACHED;
    }
    this.tell();
    if (this.now?.has("sse_cluster_up")) void this.lookAtCluster(signal);
    const wait = Math.max(EVERY, this.refusal?.wait ?? 0) * (this.refusal ? 5 : 1);
    this.timer = this.ports.setTimer(() => void this.look(), wait);
  }

  /** By itself: while Redis is away the answer takes seconds. */
  private async lookAtCluster(signal: AbortSignal): Promise<void> {
    if (this.isAskingCluster) return;
    this.isAskingCluster = true;
    try {
      const response = await this.ask("-/cluster", signal);
      this.cluster = clusterOf(await response.json());
    } catch {
      if (!signal.aborted) this.cluster = undefined;
    } finally {
      this.isAskingCluster = false;
    }
    if (!signal.aborted) this.tell();
  }

  private tell(): void {
    this.version += 1;
    this.changed.emit();
  }

  private async ask(url: string, signal: AbortSignal): Promise<Response> {
    const response = await this.ports.fetch(url, { signal, cache: "no-store" });
    if (!response.ok) throw new RefusedError(await refusalOf(response));
    return response;
  }

  private take(numbers: string, json: unknown): void {
    const object = asObject(json);
    if (typeof object?.open !== "number" || !Array.isArray(object.streams))
      throw new RefusedError(strangerOf(200));
    const at = this.ports.now();
    const before = this.samples.at(-1);
    const seconds = before ? (at - before.at) / 1_000 : 0;
    const known = new Map(this.streams.map((stream) => [stream.id, stream]));
    const values = parseExposition(numbers);
    if (before) {
      const more = incidentsBetween(before.values, values, at);
      if (more.length > 0) this.incidents = withIncidents(this.incidents, more);
    }
    this.samples = [...this.samples.slice(1 - REMEMBERED), { at, values }];
    this.refusal = undefined;
    this.open = object.open;
    this.streams = object.streams.flatMap((row: unknown) => hubStream(row, known, seconds) ?? []);
  }
}

function hubStream(json: unknown, known: Map<string, HubStream>, seconds: number): HubStream | undefined {
  const row = asObject(json);
  if (typeof row?.id !== "string") return undefined;
  const number = (name: string) => (typeof row[name] === "number" ? row[name] : 0);
  const text = (name: string) => (typeof row[name] === "string" ? row[name] : "");
  const before = known.get(row.id);
  const sentBytes = number("sent_bytes");
  return {
    id: row.id,
    peer: text("peer"),
    principal: text("principal"),
    ageSeconds: number("age_seconds"),
    lagEvents: number("lag_events"),
    lagBytes: number("lag_bytes"),
    sentBytes,
    bytesPerSecond: before && seconds > 0 ? Math.max(0, sentBytes - before.sentBytes) / seconds : undefined,
    isBlocked: row.blocked === true,
    isParked: row.parked === true,
    filter: filterText(row.filter),
  };
}

function filterText(json: unknown): string {
  const filter = asObject(json);
  if (!filter) return "";
  const all = [filter.types, filter.topics].flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  const patterns = typeof filter.patterns === "number" ? filter.patterns : all.length;
  return patterns > all.length ? `${all.join(", ")} and ${patterns - all.length} more` : all.join(", ");
}

function rateBetween(
  before: Sample | undefined,
  after: Sample | undefined,
  name: string,
): number | undefined {
  const first = before?.values.get(name);
  const last = after?.values.get(name);
  if (before === undefined || after === undefined || first === undefined || last === undefined)
    return undefined;
  const seconds = (after.at - before.at) / 1_000;
  // A counter that is smaller is another process's.
  return seconds > 0 && last >= first ? (last - first) / seconds : undefined;
}

export const STREAM_SORTS = [
  { key: "lag", label: "Lag" },
  { key: "blocked", label: "Blocked first" },
  { key: "age", label: "Age" },
  { key: "rate", label: "Bytes per second" },
  { key: "peer", label: "Peer" },
] as const;

export type StreamSort = (typeof STREAM_SORTS)[number]["key"];

/** Those that have every word in peer, principal or filter, the worst first. */
export function streamListing(
  all: readonly HubStream[],
  search: string,
  sort: StreamSort,
): readonly HubStream[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((stream) => {
    const text = `${stream.peer} ${stream.principal} ${stream.filter} ${stream.id}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const rank = (stream: HubStream) => {
    switch (sort) {
      case "lag":
        return stream.lagBytes;
      case "blocked":
        return (stream.isBlocked ? 1e15 : 0) + stream.lagBytes;
      case "age":
        return stream.ageSeconds;
      default:
        return stream.bytesPerSecond ?? 0;
    }
  };
  if (sort === "peer") return found.sort((a, b) => (a.peer < b.peer ? -1 : a.peer > b.peer ? 1 : 0));
  return found.sort((a, b) => rank(b) - rank(a));
}
