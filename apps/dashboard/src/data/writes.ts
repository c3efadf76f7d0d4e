import type { Ports } from "./ports";
import { asObject } from "./rows";

/** What a form shows: the error belongs to a field when the hub named one, else to the form (""). */
export type Outcome = { ok: true; id: string } | { ok: false; field: string; message: string };

export function createMetric(ports: Ports, name: string, inputFrequency: string): Promise<Outcome> {
  const fields: Record<string, string> = { name: JSON.stringify(name) };
  if (inputFrequency !== "") fields.input_frequency = JSON.stringify(inputFrequency);
  return post(ports, "/metrics", fields);
}

export function addReading(ports: Ports, metric: string, value: string, timestamp: string): Promise<Outcome> {
  const fields: Record<string, string> = { metric_id: JSON.stringify(metric), value: numberAsTyped(value) };
  if (timestamp !== "") fields.timestamp = JSON.stringify(timestamp);
  return post(ports, "/metrics/readings", fields);
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

// A number goes to the hub as it was typed, not as a double; anything else goes there as a text, so that it is
// the hub that says what is wrong with it.
function numberAsTyped(value: string): string {
  return JSON_NUMBER.test(value) ? value : JSON.stringify(value);
}

async function post(ports: Ports, url: string, fields: Record<string, string>): Promise<Outcome> {
  const body = Object.entries(fields).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  try {
    const response = await ports.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: `{${body.join(",")}}`,
    });
    const answer = asObject(await response.json().catch(() => undefined));
    if (response.ok && typeof answer?.id === "string") return { ok: true, id: answer.id };
    const error = typeof answer?.error === "string" ? answer.error : `the hub answered ${response.status}`;
    return { ok: false, ...fieldOf(error, Object.keys(fields)) };
  } catch {
    return { ok: false, field: "", message: "the hub cannot be reached; nothing was sent" };
  }
}

/** Errors of the hub begin with the field that they are about: `value: expected a finite number, ...`. */
export function fieldOf(error: string, fields: readonly string[]): { field: string; message: string } {
  const colon = error.indexOf(": ");
  const field = error.slice(0, Math.max(0, colon));
  if (!fields.includes(field)) return { field: "", message: error };
  return { field, message: error.slice(colon + 2) };
}
