import { expect, test } from "vitest";

import { parseExposition } from "./exposition";
import { incidentsBetween, withIncidents } from "./hub_incidents";

const numbers = (text: string) => parseExposition(text);

test("what a counter has grown by has happened, but for ends that are a subscriber's own", () => {
  const before = numbers('sse_gaps_total{reason="expired"} 2\nsse_missed_events_total 10');
  const after = numbers(
    [
      'sse_gaps_total{reason="expired"} 3',
      "sse_missed_events_total 17",
      'sse_streams_closed_total{reason="slow"} 1',
      'sse_streams_closed_total{reason="peer"} 5',
      'sse_streams_refused_total{reason="full"} 4',
    ].join("\n"),
  );
  expect(incidentsBetween(before, after, 1_000)).toEqual([
    { at: 1_000, kind: "gap", reason: "expired", count: 1, missed: 7 },
    { at: 1_000, kind: "closed", reason: "slow", count: 1, missed: undefined },
    { at: 1_000, kind: "refused", reason: "full", count: 4, missed: undefined },
  ]);
  expect(incidentsBetween(after, after, 2_000)).toEqual([]);
});

test("a hub that was started again has smaller counters, and nothing has happened", () => {
  const before = numbers('sse_streams_closed_total{reason="slow"} 9');
  expect(incidentsBetween(before, numbers('sse_streams_closed_total{reason="slow"} 1'), 0)).toEqual([]);
});

test("what happens again within ten seconds is one entry, and the newest stands first", () => {
  const slow = (at: number, count: number) => ({
    ...({ kind: "closed", reason: "slow", missed: undefined } as const),
    ...{ at, count },
  });
  const gap = (at: number, missed: number) => ({
    ...({ kind: "gap", reason: "expired", count: 1 } as const),
    ...{ at, missed },
  });
  let list = withIncidents([], [slow(1_000, 2)]);
  list = withIncidents(list, [gap(5_000, 4)]);
  list = withIncidents(list, [slow(10_500, 1), gap(10_500, 5)]);
  list = withIncidents(list, [slow(11_000, 1)]);
  expect(list.map(({ kind, at, count, missed }) => [kind, at, count, missed])).toEqual([
    ["closed", 11_000, 1, undefined],
    ["gap", 5_000, 2, 9],
    ["closed", 1_000, 3, undefined],
  ]);
});

test("what is remembered is bounded", () => {
  const many = Array.from({ length: 500 }, (_, index) => ({
    ...({ at: 0, kind: "refused", count: 1, missed: undefined } as const),
    reason: String(index),
  }));
  expect(withIncidents([], many)).toHaveLength(200);
});
