import { beforeEach, expect, test } from "vitest";

import { LimitStore } from "./limits";

let kept: Map<string, string>;
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};

beforeEach(() => {
  kept = new Map();
});

test("a value beyond a limit breaks it, one at the limit does not", () => {
  const limits = new LimitStore(storage);
  limits.set("cpu", { above: 90, below: undefined });
  limits.set("disk", { above: undefined, below: 10 });
  expect(limits.isBroken("cpu", 90)).toBe(false);
  expect(limits.isBroken("cpu", 90.1)).toBe(true);
  expect(limits.isBroken("disk", 9)).toBe(true);
  expect(limits.isBroken("disk", 11)).toBe(false);
  expect(limits.isBroken("cpu", undefined)).toBe(false);
  expect(limits.isBroken("other", 1e9)).toBe(false);
});

test("limits are there again after a reload, and nothing is left of none", () => {
  const limits = new LimitStore(storage);
  limits.set("__proto__", { above: 1, below: undefined });
  limits.set("cpu", { above: 90, below: 1 });
  expect(new LimitStore(storage).of("cpu")).toEqual({ above: 90, below: 1 });
  limits.set("cpu", { above: undefined, below: undefined });
  limits.set("__proto__", { above: undefined, below: undefined });
  expect(kept.size).toBe(0);
});

test("what was kept and cannot be read counts for nothing", () => {
  kept.set("sse-limits", '{"cpu":5,"disk":{"above":"x"}}');
  const limits = new LimitStore(storage);
  expect(limits.of("cpu")).toBeUndefined();
  expect(limits.isBroken("disk", 1e9)).toBe(false);
  expect(new LimitStore(undefined).isEmpty).toBe(true);
});
