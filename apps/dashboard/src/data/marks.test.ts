import { beforeEach, expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import type { HubEvent } from "./event_parser";
import type { Onlooker } from "./live_metrics";
import { MarkBook, recentTypes } from "./marks";

const LOG: HubEvent[] = [1, 2, 3].map((sequence) => ({
  id: eventId(sequence, 1_700_000_000_000 + sequence * 1_000),
  type: sequence === 2 ? "tick" : "deploy",
  topic: "ci/api",
  data: String(sequence),
}));

let ports: FakePorts;
let onlooker: Onlooker | undefined;
let marks: MarkBook;

beforeEach(() => {
  ports = new FakePorts();
  onlooker = undefined;
  ports.answer = (url) => {
    const { searchParams } = new URL(url, "http://hub");
    const types = searchParams.getAll("type");
    const isPage = searchParams.has("since") || searchParams.has("after");
    const events = isPage ? LOG.filter(({ type }) => types.length === 0 || types.includes(type)) : [];
    return Promise.resolve(json({ events, cursor: eventId(3) }));
  };
  marks = new MarkBook(ports, {
    watch: (wanted) => {
      onlooker = wanted;
      return () => (onlooker = undefined);
    },
  });
});

const shown = () => marks.list.map(({ type, data }) => `${type} ${data}`);

test("without types there are no marks, and nothing is asked", async () => {
  marks.follow("", "1h");
  await ports.pass(1_000);
  expect(ports.requests).toHaveLength(0);
  expect(onlooker).toBeUndefined();
});

test("the events of the chosen types are marks with their time, and those that come follow", async () => {
  marks.follow("deploy", "6h");
  await ports.pass(1_000);
  expect(ports.requests.at(-1)?.url).toContain("since=6h");
  expect(shown()).toEqual(["deploy 1", "deploy 3"]);
  expect(marks.list[0]?.time).toBe(1_700_000_001_000);
  onlooker?.event({ id: eventId(4), type: "deploy", topic: "", data: "4" });
  await ports.pass(1_000);
  expect(shown()).toEqual(["deploy 1", "deploy 3", "deploy 4"]);
});

test("other types, and none, take away what was shown", async () => {
  marks.follow("deploy", "1h");
  await ports.pass(1_000);
  marks.follow("tick", "1h");
  await ports.pass(1_000);
  expect(shown()).toEqual(["tick 2"]);
  marks.follow("", "1h");
  expect(shown()).toEqual([]);
  expect(onlooker).toBeUndefined();
});

test("the types to choose from are those of the newest events, without the metrics' own", async () => {
  LOG.push({ id: eventId(9), type: "metric_reading_created", topic: "", data: "{}" });
  expect(await recentTypes(ports, new AbortController().signal)).toEqual(["deploy", "tick"]);
  LOG.pop();
});
