import { expect, test } from "vitest";

import { DelayMeter, RateMeter } from "./meters";

test("a steady rate is measured as what it is", () => {
  const meter = new RateMeter();
  for (let now = 1_000_000; now < 1_020_000; now += 50) meter.add(50, now);
  expect(meter.rate(1_020_000)).toBeGreaterThan(950);
  expect(meter.rate(1_020_000)).toBeLessThan(1_060);
});

test("a rate that has just begun is not divided by time before it", () => {
  const meter = new RateMeter();
  for (let now = 1_000_000; now < 1_001_000; now += 50) meter.add(50, now);
  expect(meter.rate(1_001_000)).toBeGreaterThan(800);
});

test("after five seconds of silence the rate is nothing", () => {
  const meter = new RateMeter();
  meter.add(1_000, 1_000_000);
  expect(meter.rate(1_003_000)).toBeGreaterThan(0);
  expect(meter.rate(1_006_000)).toBe(0);
  expect(new RateMeter().rate(1_000)).toBe(0);
});

test("the p95 is the delay that 95 of 100 events kept within", () => {
  const meter = new DelayMeter();
  for (let delay = 1; delay <= 100; delay += 1) meter.add(delay, 1_000);
  expect(meter.quantile(0.95, 1_000)).toBe(96);
  expect(meter.quantile(0.5, 1_000)).toBe(51);
});

test("delays are forgotten after ten seconds", () => {
  const meter = new DelayMeter();
  meter.add(5_000, 0);
  meter.add(10, 9_000);
  expect(meter.quantile(0.95, 10_001)).toBe(10);
  expect(meter.quantile(0.95, 20_000)).toBeUndefined();
});

test("a clock that is behind makes no delay below nothing", () => {
  const meter = new DelayMeter();
  meter.add(-40, 0);
  expect(meter.quantile(0.95, 0)).toBe(0);
});
