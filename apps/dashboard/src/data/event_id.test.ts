import { expect, test } from "vitest";

import { eventId } from "../testing/ids";
import { epochOfEvent, sequenceOfEvent, timeOfEvent } from "./event_id";

test("an id of the hub tells its time, its log and its place", () => {
  const id = "01a2123c-30a7-7990-938f-00000000001e"; // seen on the wire
  expect(timeOfEvent(id)).toBe(0x01a2123c30a7);
  expect(sequenceOfEvent(id)).toBe(30);
  expect(epochOfEvent(id)).toBe((0x990 * 0x4000 + 0x138f).toString(16));
});

test("ids of one log have one epoch", () => {
  expect(epochOfEvent(eventId(1))).toBe(epochOfEvent(eventId(70_000, 1_800_000_000_000)));
  expect(epochOfEvent(eventId(1))).not.toBe(epochOfEvent(eventId(1, 1_700_000_000_000, 7)));
});

test("what is not an event id has neither time nor place", () => {
  for (const text of ["", "7", "01a2123c-30a7-4990-938f-00000000001e", "nonsense"]) {
    expect(timeOfEvent(text)).toBeNaN();
    expect(sequenceOfEvent(text)).toBeNaN();
    expect(epochOfEvent(text)).toBe("");
  }
});
