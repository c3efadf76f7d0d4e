import { expect, test } from "vitest";

import { eventQuery, type QueryText } from "./event_query";

const EMPTY: QueryText = { type: "", topic: "", text: "", where: "" };

function matches(typed: Partial<QueryText>, data: string, type = "reading"): boolean {
  const result = eventQuery({ ...EMPTY, ...typed });
  if (!result.ok) throw new Error(result.why);
  return result.query.matches({ id: "", type, topic: "", data });
}

test("types and topics are the hub's, what is left out is left out here", () => {
  const result = eventQuery({ ...EMPTY, type: "deploy, -metric_*", topic: "ci/#" });
  expect(result).toMatchObject({ ok: true, query: { filter: { types: ["deploy"], topics: ["ci/#"] } } });
  expect(matches({ type: "-metric_*" }, "1", "metric_created")).toBe(false);
  expect(matches({ type: "-metric_*" }, "1", "deploy")).toBe(true);
});

test("nothing typed is not narrow, anything is", () => {
  expect(eventQuery(EMPTY)).toMatchObject({ query: { isNarrow: false } });
  for (const field of ["type", "topic", "text"] as const) {
    expect(eventQuery({ ...EMPTY, [field]: "x" })).toMatchObject({ query: { isNarrow: true } });
  }
});

test.each([
  ["Fire", "a FIRE here", true],
  ["fire.", "a fire here", false],
  ["/fire|smoke/", "smoke", true],
  ["/^fire/", "a fire", false],
  ["/FIRE/i", "fire", true],
])("the text %j in %j: %j", (text, data, expected) => {
  expect(matches({ text }, data)).toBe(expected);
});

// As docs/sse-sub.md has it.
test.each([
  ["/value > 90", '{"value":90.5}', true],
  ["/value > 90", '{"value":90}', false],
  ["/value>=90", '{"value":90}', true],
  ["/value > 90", '{"value":"95"}', false],
  ["/value != 90", '{"value":"90"}', true],
  ["/value != 90", '{"other":1}', false],
  ["/id == 12345678901234567891", '{"id":12345678901234567890}', false],
  ["/id == 12345678901234567890", '{"id":12345678901234567890}', true],
  ["/v == 1.0", '{"v":1}', true],
  ["/tags/0 == red", '{"tags":["red"]}', true],
  ['/tags/0 == "red"', '{"tags":["red"]}', true],
  ["/ok == true", '{"ok":true}', true],
  ["/ok != true", '{"ok":false}', true],
  ["/value", '{"value":null}', true],
  ["/value", "{}", false],
  ["> 4", "5", true],
  ["/v =~ ^1\\.", '{"v":"1.2.3"}', true],
  ["/value > 90", "not JSON", false],
  ['"/disk full" == true', '{"disk full":true}', true],
])("where %j in %j: %j", (where, data, expected) => {
  expect(matches({ where }, data)).toBe(expected);
});

test("what cannot be understood says so, at its field", () => {
  expect(eventQuery({ ...EMPTY, text: "/(/" })).toMatchObject({ ok: false, field: "text" });
  for (const where of ["value > 90", "/v >", "/v =~ ("]) {
    expect(eventQuery({ ...EMPTY, where })).toMatchObject({ ok: false, field: "where" });
  }
});
