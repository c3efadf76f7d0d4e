import { beforeEach, expect, test } from "vitest";

import { EventParser, type HubEvent } from "./event_parser";

let events: HubEvent[];
let ids: string[];
let retries: number[];
let parser: EventParser;

beforeEach(() => {
  events = [];
  ids = [];
  retries = [];
  parser = new EventParser({
    event: (event) => events.push(event),
    moved: (id) => ids.push(id),
    retry: (milliseconds) => retries.push(milliseconds),
  });
});

const TEXT =
  'retry: 2000\n: open\n\nid: 1\nevent: deploy\ntopic: ci/api\ndata: {"v":1}\n\n' +
  "id: 2\ndata: a\ndata: b\n\nid: 3\n\ndata:x\n\n";

const EVENTS = [
  { id: "1", type: "deploy", topic: "ci/api", data: '{"v":1}' },
  { id: "2", type: "message", topic: "", data: "a\nb" },
  { id: "", type: "message", topic: "", data: "x" },
];

test.each(["\n", "\r\n", "\r"])("with %j between the lines, and cut anywhere, it reads the same", (end) => {
  const text = TEXT.replaceAll("\n", end);
  for (let size = 1; size <= text.length; size += 1) {
    events = [];
    ids = [];
    retries = [];
    for (let at = 0; at < text.length; at += size) parser.feed(text.slice(at, at + size));
    expect(events).toEqual(EVENTS);
    expect(ids).toEqual(["1", "2", "3"]);
    expect(retries).toEqual([2000]);
  }
});

test("a block that is an id alone moves the cursor, and is not an event", () => {
  parser.feed("id: 7\n\n:\nid: 8\n\n");
  expect(ids).toEqual(["7", "8"]);
  expect(events).toEqual([]);
});

test("what was sent of a block that is not over counts for nothing", () => {
  parser.feed("id: 7\ndata: x\n");
  expect(ids).toEqual([]);
  expect(events).toEqual([]);
});

test("one blank behind the colon goes, a second one is data, and a retry is a number", () => {
  parser.feed("data:  x\ndata\nretry: soon\nid: a\0b\n\n");
  expect(events).toEqual([{ id: "", type: "message", topic: "", data: " x\n" }]);
  expect(retries).toEqual([]);
  expect(ids).toEqual([]);
});
