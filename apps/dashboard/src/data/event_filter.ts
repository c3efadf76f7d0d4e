import type { HubEvent } from "./event_parser";
import { parseObject } from "./rows";

/** Patterns of types and topics, as the hub's filters have them. Several of one kind: any of them. */
export interface EventFilter {
  types: readonly string[];
  topics: readonly string[];
}

export const METRIC_TYPES = "metric_*";
const METRIC_TOPICS = "metrics/#";

/** Several in one field, with commas or blanks between them. */
export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** What one stream must let through for the metrics of the page and for others; it may let through more. */
export function unionFilter(others: readonly EventFilter[]): EventFilter {
  if (others.length === 0) return { types: [METRIC_TYPES], topics: [] };
  const union = (patterns: readonly (readonly string[])[], own: string) =>
    patterns.some((list) => list.length === 0) ? [] : [...new Set([...patterns.flat(), own])];
  return {
    types: union(
      others.map(({ types }) => types),
      METRIC_TYPES,
    ),
    topics: union(
      others.map(({ topics }) => topics),
      METRIC_TOPICS,
    ),
  };
}

/** What the hub would do: for a stream that lets through more. */
export function passes(filter: EventFilter, event: HubEvent): boolean {
  if (filter.types.length > 0 && !filter.types.some((type) => matchesType(type, event.type))) return false;
  if (filter.topics.length === 0) return true;
  const topic = topicOf(event);
  return filter.topics.some((pattern) => matchesTopic(pattern, topic));
}

/** The events of a metric have a topic, but leave it out on the wire. */
export function topicOf(event: HubEvent): string {
  if (event.topic !== "" || !event.type.startsWith("metric_")) return event.topic;
  const id = metricOf(event);
  return id === "" ? "" : `metrics/${id}`;
}

/** The id of the metric that an event is about; empty when it is about none. */
export function metricOf(event: HubEvent): string {
  if (!event.type.startsWith("metric_")) return "";
  const data = parseObject(event.data);
  const id = data?.metric_id ?? data?.id;
  return typeof id === "string" ? id : "";
}

const made = new Map<string, RegExp>();

export function matchesType(pattern: string, type: string): boolean {
  if (pattern === type) return true;
  let expression = made.get(pattern);
  if (!expression) {
    const text = pattern
      .replace(/[\\^$.|+()[\]{}/-]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replace(/\?/g, ".");
    expression = new RegExp(`^${text}$`, "su");
    if (made.size > 200) made.clear();
    made.set(pattern, expression);
  }
  return expression.test(type);
}

export function matchesTopic(pattern: string, topic: string): boolean {
  const isRest = (level: string | undefined) => level === "#" || level === "**";
  if (topic === "") return isRest(pattern);
  const wanted = pattern.split("/");
  const levels = topic.split("/");
  for (const [index, want] of wanted.entries()) {
    if (isRest(want)) return true;
    if (index >= levels.length) return false;
    if (want !== "+" && want !== "*" && want !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
