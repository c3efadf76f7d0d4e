import { timeOfEvent } from "./event_id";
import type { HubEvent } from "./event_parser";
import { type JsonNode, parseJson } from "./json_tree";

/**
 * Events as lines of JSON, which `sse-pub load` publishes again as they were: data that is JSON is in them as it was
 * written, digit for digit; a string is the text itself.
 */
export function eventsAsNdjson(events: readonly HubEvent[]): string {
  return events
    .map(({ id, type, topic, data }) => {
      const members = [`"id":${JSON.stringify(id)}`, `"type":${JSON.stringify(type)}`];
      if (topic !== "") members.push(`"topic":${JSON.stringify(topic)}`);
      members.push(`"time":${JSON.stringify(timeText(id))}`, `"data":${lossless(data)}`);
      return `{${members.join(",")}}\n`;
    })
    .join("");
}

function timeText(id: string): string | null {
  const time = timeOfEvent(id);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/**
 * JSON on one line stays as it is. As a text it goes where it would not come back: a string in quotes, blanks at the
 * ends, null (no data), and a key that is there twice (an error).
 */
function lossless(data: string): string {
  const isPlain = data.trim() === data && !/[\r\n]/.test(data) && !data.startsWith('"') && data !== "null";
  const node = isPlain ? parseJson(data) : undefined;
  return node && !hasKeyTwice(node) ? data : JSON.stringify(data);
}

function hasKeyTwice(node: JsonNode): boolean {
  if (node.kind === "array") return node.items.some(hasKeyTwice);
  if (node.kind !== "object") return false;
  const keys = new Set(node.members.map(({ key }) => key));
  return keys.size < node.members.length || node.members.some((member) => hasKeyTwice(member.node));
}
