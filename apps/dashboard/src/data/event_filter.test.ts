import { expect, test } from "vitest";

import { matchesTopic, matchesType, passes, topicOf, unionFilter, words } from "./event_filter";

const event = (type: string, topic: string, data = "1") => ({ id: "", type, topic, data });

// As lib/sse/wire/type_pattern.h has it.
test.each([
  ["deploy", "deploy", true],
  ["deploy", "deploys", false],
  ["metric_*", "metric_created", true],
  ["*", "", true],
  ["a?c", "aüc", true],
  ["a?c", "ac", false],
  ["a.c", "abc", false],
  ["*b*", "abc", true],
  ["a**c", "abc", true],
])("the type pattern %j and %j: %j", (pattern, type, matches) => {
  expect(matchesType(pattern, type)).toBe(matches);
});

// As lib/sse/wire/topic_pattern.h has it.
test.each([
  ["ci/api", "ci/api", true],
  ["ci/+", "ci/api", true],
  ["ci/*", "ci/api/x", false],
  ["ci/#", "ci", true],
  ["ci/**", "ci/api/x", true],
  ["#", "", true],
  ["+", "", false],
  ["ci/api", "ci", false],
])("the topic pattern %j and %j: %j", (pattern, topic, matches) => {
  expect(matchesTopic(pattern, topic)).toBe(matches);
});

test("the metrics alone are asked for while no events are shown", () => {
  expect(unionFilter([])).toEqual({ types: ["metric_*"], topics: [] });
});

test("one stream lets through what the metrics and what the tail need", () => {
  expect(unionFilter([{ types: [], topics: [] }])).toEqual({ types: [], topics: [] });
  expect(unionFilter([{ types: ["deploy"], topics: [] }])).toEqual({
    types: ["deploy", "metric_*"],
    topics: [],
  });
  const both = unionFilter([{ types: ["deploy"], topics: ["ci/#"] }]);
  const reading = event("metric_reading_created", "", '{"metric_id":"7"}');
  expect(passes(both, reading)).toBe(true);
  expect(passes(both, event("deploy", "ci/api"))).toBe(true);
});

test("the tail takes of it what is its own", () => {
  const tail = { types: ["deploy"], topics: ["ci/#"] };
  expect(passes(tail, event("deploy", "ci/api"))).toBe(true);
  expect(passes(tail, event("deploy", "room/1"))).toBe(false);
  expect(passes(tail, event("metric_created", "", '{"id":"7"}'))).toBe(false);
});

test("a metric's events have the topic that they leave out", () => {
  expect(topicOf(event("metric_reading_created", "", '{"metric_id":"7"}'))).toBe("metrics/7");
  expect(topicOf(event("metric_deleted", "", '{"id":"7"}'))).toBe("metrics/7");
  expect(topicOf(event("metric_deleted", "", "{"))).toBe("");
  expect(passes({ types: [], topics: ["metrics/7"] }, event("metric_deleted", "", '{"id":"7"}'))).toBe(true);
});

test("several stand in one field", () => {
  expect(words(" deploy, metric_*  a,")).toEqual(["deploy", "metric_*", "a"]);
});
