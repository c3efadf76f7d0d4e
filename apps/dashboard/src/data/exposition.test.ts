import { expect, test } from "vitest";

import { byLabel, parseExposition, quantile } from "./exposition";

const TEXT = `# HELP sse_streams_open Streams open now.
# TYPE sse_streams_open gauge
sse_streams_open 3
sse_log_limit_events +Inf
sse_gaps_total{reason="expired"} 2
sse_gaps_total{reason="other-stream"} 1e3
sse_build_info{version="0.1.0"} 1
not a sample
`;

test("numbers are found by name and labels, infinity too", () => {
  const found = parseExposition(TEXT);
  expect(found.get("sse_streams_open")).toBe(3);
  expect(found.get("sse_log_limit_events")).toBe(Number.POSITIVE_INFINITY);
  expect(found.size).toBe(5);
});

test("one name's numbers are told apart by a label", () => {
  const found = parseExposition(TEXT);
  expect([...byLabel(found, "sse_gaps_total", "reason")]).toEqual([
    ["expired", 2],
    ["other-stream", 1_000],
  ]);
  expect([...byLabel(found, "sse_build_info", "version").keys()]).toEqual(["0.1.0"]);
  expect(byLabel(found, "sse_gaps", "reason").size).toBe(0);
});

const commits = (counts: readonly number[]) =>
  parseExposition(
    ["0.001", "0.01", "0.1", "+Inf"]
      .map((end, index) => `sse_commit_seconds_bucket{le="${end}"} ${counts[index] ?? 0}`)
      .join("\n"),
  );

test("a quantile is about what was counted between two looks", () => {
  const before = commits([0, 0, 1000, 1000]);
  const after = commits([90, 99, 1100, 1100]);
  expect(quantile(before, after, "sse_commit_seconds", 0.5)).toBe(0.001);
  expect(quantile(before, after, "sse_commit_seconds", 0.95)).toBe(0.01);
  expect(quantile(undefined, after, "sse_commit_seconds", 0.5)).toBe(0.1);
  expect(quantile(before, before, "sse_commit_seconds", 0.5)).toBeUndefined();
  expect(quantile(undefined, commits([0, 0, 0, 5]), "sse_commit_seconds", 0.99)).toBe(Infinity);
  expect(quantile(undefined, parseExposition(""), "sse_commit_seconds", 0.99)).toBeUndefined();
});
