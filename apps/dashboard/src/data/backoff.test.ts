import { expect, test } from "vitest";

import { Backoff } from "./backoff";

test("waits double up to half a minute, and start over after a success", () => {
  const backoff = new Backoff(() => 0);
  const waits = Array.from({ length: 7 }, () => backoff.next());
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  backoff.reset();
  expect(backoff.next()).toBe(1_000);
});

test("chance only adds", () => {
  expect(new Backoff(() => 0.999).next()).toBeGreaterThan(1_200);
});
