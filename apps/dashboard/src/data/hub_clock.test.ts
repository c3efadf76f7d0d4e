import { beforeEach, expect, test } from "vitest";

import { HubClock } from "./hub_clock";

const NOON = Date.UTC(2026, 10, 25, 12);

let clock: HubClock;
beforeEach(() => {
  clock = new HubClock();
});

/** What a hub whose clock is `ahead` says at `now` by ours. */
function date(now: number, ahead: number): string {
  return new Date(now + ahead).toUTCString();
}

test("clocks that agree differ by nothing, wherever in its second the hub was", () => {
  for (let within = 0; within < 1_000; within += 90) {
    clock.answered(date(NOON + within, 0), NOON + within - 5, NOON + within + 5);
    clock.live(NOON + within - 12, NOON + within);
    expect(clock.ahead).toBe(0);
  }
});

test.each([1_500, -1_500, 700, 90_000])(
  "a hub %d ms ahead is seen to be, to the way of an event",
  (ahead) => {
    clock.answered(date(NOON, ahead), NOON - 5, NOON + 5);
    for (let event = 0; event < 20; event += 1) {
      const now = NOON + event * 100;
      clock.live(now + ahead - 3 - event, now);
    }
    expect(Math.abs(clock.ahead - ahead)).toBeLessThan(10);
  },
);

test("without an event it is known to a second", () => {
  clock.answered(date(NOON, 5_000), NOON - 5, NOON + 5);
  expect(Math.abs(clock.ahead - 5_000)).toBeLessThan(600);
});

test("a clock that was set begins again", () => {
  clock.answered(date(NOON, 0), NOON - 5, NOON + 5);
  clock.live(NOON - 3, NOON);
  clock.answered(date(NOON + 60_000, -30_000), NOON + 59_995, NOON + 60_005);
  clock.live(NOON + 30_000, NOON + 60_003);
  expect(Math.abs(clock.ahead + 30_000)).toBeLessThan(1_100);
});
