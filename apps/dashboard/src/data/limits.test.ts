import { beforeEach, expect, test } from "vitest";

import { LimitStore, NO_LIMITS } from "./limits";
import { KeyStore } from "./storage";

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
  const limits = new LimitStore(new KeyStore(storage));
  limits.set("cpu", { ...NO_LIMITS, above: 90 });
  limits.set("disk", { ...NO_LIMITS, below: 10 });
  expect(limits.broken("cpu", 90)).toBeUndefined();
  expect(limits.broken("cpu", 90.1)).toEqual({ level: "bad", side: "above", limit: 90 });
  expect(limits.broken("disk", 9)).toEqual({ level: "bad", side: "below", limit: 10 });
  expect(limits.broken("disk", 11)).toBeUndefined();
  expect(limits.broken("cpu", undefined)).toBeUndefined();
  expect(limits.broken("other", 1e9)).toBeUndefined();
});

test("the worst limit counts: amber until the value is beyond the red one", () => {
  const limits = new LimitStore(new KeyStore(storage));
  limits.set("cpu", { warnAbove: 70, above: 90, warnBelow: 20, below: 10 });
  const levels = [95, 80, 50, 15, 5].map((value) => limits.broken("cpu", value));
  expect(levels.map((broken) => broken && `${broken.level} ${broken.side} ${broken.limit}`)).toEqual([
    ...["bad above 90", "warn above 70", undefined, "warn below 20", "bad below 10"],
  ]);
});

test("limits are there again after a reload, and nothing is left of none", () => {
  const limits = new LimitStore(new KeyStore(storage));
  limits.set("__proto__", { ...NO_LIMITS, above: 1 });
  const all = { warnAbove: 80, above: 90, warnBelow: 2, below: 1 };
  limits.set("cpu", all);
  expect(new LimitStore(new KeyStore(storage)).of("cpu")).toEqual(all);
  limits.set("cpu", NO_LIMITS);
  limits.set("__proto__", NO_LIMITS);
  expect(kept.size).toBe(0);
});

test("limits that were kept when there was one level are the red ones", () => {
  kept.set("sse-limits", '{"cpu":{"above":90},"disk":{"below":5}}');
  const limits = new LimitStore(new KeyStore(storage));
  expect(limits.of("cpu")).toEqual({ ...NO_LIMITS, above: 90 });
  expect(limits.broken("disk", 4)).toMatchObject({ level: "bad" });
});

test("what was kept and cannot be read counts for nothing", () => {
  kept.set("sse-limits", '{"cpu":5,"disk":{"above":"x"}}');
  const limits = new LimitStore(new KeyStore(storage));
  expect(limits.of("cpu")).toBeUndefined();
  expect(limits.broken("disk", 1e9)).toBeUndefined();
  expect(new LimitStore(new KeyStore(undefined)).isEmpty).toBe(true);
});

test("the limits of an address win over the browser's own, and are not kept", () => {
  const limits = new LimitStore(new KeyStore(storage));
  const own = { ...NO_LIMITS, above: 90 };
  limits.set("cpu", own);
  limits.carry(new Map([["cpu", { ...NO_LIMITS, above: 50 }]]));
  expect(limits.broken("cpu", 60)).toMatchObject({ side: "above", limit: 50 });
  expect(limits.all).toEqual([["cpu", { ...NO_LIMITS, above: 50 }]]);
  limits.carry(new Map());
  expect(limits.broken("cpu", 60)).toBeUndefined();
  expect(new LimitStore(new KeyStore(storage)).of("cpu")).toEqual(own);
});
