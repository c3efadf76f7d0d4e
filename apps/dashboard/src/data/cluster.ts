import { asObject } from "./rows";

/** A hub of the cluster, as /-/cluster tells of it. */
export interface ClusterNode {
  id: string;
  name: string;
  address: string;
  version: string;
  /** As text, in UTC; empty: unknown. */
  started: string;
  streams: number;
  lagEvents: number;
  isUp: boolean;
  /** The one that was asked. */
  isSelf: boolean;
}

/** The Redis that they share. */
export interface ClusterEngine {
  isUp: boolean;
  address: string;
  version: string;
  replicas: readonly string[];
  memoryUsed: number;
  /** 0: none. */
  memoryLimit: number;
  error: string;
}

export interface Cluster {
  nodes: readonly ClusterNode[];
  engine: ClusterEngine;
}

/** undefined: it is something else. */
export function clusterOf(json: unknown): Cluster | undefined {
  const object = asObject(json);
  const engine = asObject(object?.engine);
  if (!object || !engine || !Array.isArray(object.nodes)) return undefined;
  const replicas = Array.isArray(engine.replicas) ? engine.replicas : [];
  return {
    nodes: object.nodes.flatMap((row: unknown) => nodeOf(row) ?? []),
    engine: {
      isUp: engine.up === true,
      address: text(engine.address),
      version: text(engine.version),
      replicas: replicas.flatMap((row: unknown) => replicaText(row) ?? []),
      memoryUsed: number(engine.memory_used_bytes),
      memoryLimit: number(engine.memory_limit_bytes),
      error: text(engine.error),
    },
  };
}

function nodeOf(json: unknown): ClusterNode | undefined {
  const row = asObject(json);
  if (typeof row?.id !== "string") return undefined;
  return {
    id: row.id,
    name: text(row.name),
    address: text(row.address),
    version: text(row.version),
    started: text(row.started),
    streams: number(row.streams),
    lagEvents: number(row.lag_events),
    isUp: row.up === true,
    isSelf: row.self === true,
  };
}

function replicaText(json: unknown): string | undefined {
  const row = asObject(json);
  if (typeof row?.address !== "string") return undefined;
  return row.state === "online" ? row.address : `${row.address} (${text(row.state)})`;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
