import { expect, test } from "vitest";

import { StreamLog } from "./stream_log";

test("gaps and closings are listed with their time, the newest first", () => {
  const log = new StreamLog();
  log.add(1_000, "gap", "expired", 12);
  log.add(2_000, "closed", "slow");
  expect(log.all).toEqual([
    { at: 2_000, kind: "closed", reason: "slow", missed: null, times: 1, last: 2_000 },
    { at: 1_000, kind: "gap", reason: "expired", missed: 12, times: 1, last: 1_000 },
  ]);
});

test("a hub that is away is one entry, however often it is asked", () => {
  const log = new StreamLog();
  for (let second = 1; second <= 1_000; second += 1) log.add(second, "lost", "the hub cannot be reached");
  log.add(2_000, "gap", "other-stream");
  log.add(2_001, "gap", "other-stream");
  expect(log.all.map(({ kind, times, at, last }) => [kind, times, at, last])).toEqual([
    ["gap", 1, 2_001, 2_001],
    ["gap", 1, 2_000, 2_000],
    ["lost", 1_000, 1, 1_000],
  ]);
});

test("what is remembered is bounded", () => {
  const log = new StreamLog();
  for (let time = 0; time < 1_000; time += 1) log.add(time, "closed", "slow");
  expect(log.all).toHaveLength(200);
  expect(log.all[0]?.at).toBe(999);
});
