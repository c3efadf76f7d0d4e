import { shownZone } from "../format/times";
import { lastTimeOf } from "../format/zone";
import { parseJson } from "./json_tree";
import type { Ports } from "./ports";
import { refusalOf } from "./refusal";
import { asObject } from "./rows";

/** What a form shows: the error belongs to a field when the hub named one, else to the form (""). */
export type Outcome = { ok: true; id: string } | { ok: false; field: string; message: string };

export function createMetric(
  ports: Ports,
  name: string,
  inputFrequency: string,
  unit: string,
): Promise<Outcome> {
  const fields: Record<string, string> = { name: JSON.stringify(name) };
  if (inputFrequency !== "") fields.input_frequency = JSON.stringify(periodAsTyped(inputFrequency));
  if (unit !== "") fields.unit = JSON.stringify(unit);
  return post(ports, "metrics", fields);
}

const HERTZ = /^(\d+(?:\.\d+)?)\s*hz$/i;

/** "10Hz" is a reading every 100 ms; all else is the hub's to judge. */
export function periodAsTyped(text: string): string {
  const hertz = Number(HERTZ.exec(text.trim())?.[1]);
  return hertz > 0 ? `${Math.round(1e9 / hertz)}ns` : text;
}

/** The value goes to the hub as it was typed, with all its digits. `now`: by the hub's clock. */
export function addReading(
  ports: Ports,
  metric: string,
  value: string,
  timestamp: string,
  now: number,
): Promise<Outcome> {
  const typed = value.trim();
  if (!JSON_NUMBER.test(typed)) {
    return Promise.resolve({
      ok: false,
      field: "value",
      message: "a number is expected, such as 12.5 or 3e-4",
    });
  }
  const fields: Record<string, string> = { metric_id: JSON.stringify(metric), value: typed };
  const moment = momentAsTyped(timestamp.trim(), now);
  if (moment !== "") fields.timestamp = JSON.stringify(moment);
  return post(ports, "metrics/readings", fields);
}

export async function deleteMetric(ports: Ports, metric: string): Promise<Outcome> {
  try {
    const response = await ports.fetch(`metrics/${metric}`, { method: "DELETE" });
    if (response.ok || response.status === 404) return { ok: true, id: metric };
    return { ok: false, field: "", message: (await refusalOf(response)).reason };
  } catch {
    return UNSENT;
  }
}

/** `data` is sent as it was typed when it is JSON, else as a text. `key`: so that a second click publishes nothing. */
export function publishEvent(
  ports: Ports,
  type: string,
  topic: string,
  data: string,
  key: string,
): Promise<Outcome> {
  const fields: Record<string, string> = {};
  if (type !== "") fields.type = JSON.stringify(type);
  if (topic !== "") fields.topic = JSON.stringify(topic);
  fields.data = parseJson(data) ? data : JSON.stringify(data);
  return post(ports, "events", fields, key === "" ? {} : { "Idempotency-Key": key });
}

const AGO = /^-(\d+)\s*(s|m|h|d)$/;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** "-5m", and "12:16" as the page shows it; all else is the hub's to judge. "now" is an empty text. */
export function momentAsTyped(text: string, now: number): string {
  if (text === "now") return "";
  const ago = AGO.exec(text);
  if (ago) return new Date(now - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS]).toISOString();
  const clock = CLOCK.exec(text);
  if (!clock) return text;
  const [hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part?: string) => Number(part ?? 0));
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  return new Date(lastTimeOf(ofDay, now, shownZone())).toISOString();
}

const UNSENT: Outcome = {
  ok: false,
  field: "",
  message: "the hub cannot be reached; nothing was sent",
};

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

async function post(
  ports: Ports,
  url: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Outcome> {
  const body = Object.entries(fields).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  try {
    const response = await ports.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: `{${body.join(",")}}`,
    });
    const answer = asObject(await response.json().catch(() => undefined));
    if (response.ok && typeof answer?.id === "string") return { ok: true, id: answer.id };
    const error = typeof answer?.error === "string" ? answer.error : `the hub answered ${response.status}`;
    return { ok: false, ...fieldOf(error, Object.keys(fields)) };
  } catch {
    return UNSENT;
  }
}

/** Errors of the hub begin with the field that they are about: `value: expected a finite number, ...`. */
export function fieldOf(error: string, fields: readonly string[]): { field: string; message: string } {
  const colon = error.indexOf(": ");
  const field = error.slice(0, Math.max(0, colon));
  if (!fields.includes(field)) return { field: "", message: error };
  return { field, message: error.slice(colon + 2) };
}
