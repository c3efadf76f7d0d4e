import { expect, test } from "vitest";

import { eventId } from "../testing/ids";
import { eventsAsNdjson } from "./event_file";

const id = eventId(7, Date.UTC(2026, 10, 27, 10, 20, 0, 250));

function dataOf(data: string): string {
  const line = eventsAsNdjson([{ id, type: "t", topic: "", data }]);
  expect(line.split("\n")).toHaveLength(2);
  JSON.parse(line);
  return line.slice(line.indexOf('"data":') + 7, -2);
}

test("an event is a line with its id, type, topic, time and data", () => {
  const event = { id, type: "deploy", topic: "ci/api", data: '{"version":"1.2.3"}' };
  expect(eventsAsNdjson([event, { ...event, topic: "" }])).toBe(
    `{"id":"${id}","type":"deploy","topic":"ci/api","time":"2026-11-27T10:20:00.250Z","data":{"version":"1.2.3"}}\n` +
      `{"id":"${id}","type":"deploy","time":"2026-11-27T10:20:00.250Z","data":{"version":"1.2.3"}}\n`,
  );
});

test.each(["12345678901234567890", '{"f":1.10,"e":1e3}', "[1, 2]", "true", '[null, {"a":null}]'])(
  "the JSON %s keeps every digit",
  (data) => {
    expect(dataOf(data)).toBe(data);
  },
);

// What sse-pub would take for something else.
test.each([
  "null",
  '[{"dup":1,"dup":2}]',
  "text",
  "",
  '"quoted"',
  " 7",
  '{"a":\n1}',
  "{broken",
  "tab\tand \u2028",
])("the text %j is a string of it", (data) => {
  expect(JSON.parse(dataOf(data))).toBe(data);
});
