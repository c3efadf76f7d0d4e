import { beforeEach, expect, test } from "vitest";

import { LimitStore } from "./limits";
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
  limits.set("cpu", { above: 90, below: undefined });
  limits.set("disk", { above: undefined, below: 10 });
  expect(limits.broken("cpu", 90)).toBeUndefined();
  expect(limits.broken("cpu", 90.1)).toBe("above");
  expect(limits.broken("disk", 9)).toBe("below");
  expect(limits.broken("disk", 11)).toBeUndefined();
  expect(limits.broken("cpu", undefined)).toBeUndefined();
  expect(limits.broken("other", 1e9)).toBeUndefined();
});

test("limits are there again after a reload, and nothing is left of none", () => {
  const limits = new LimitStore(new KeyStore(storage));
  limits.set("__proto__", { above: 1, below: undefined });
  limits.set("cpu", { above: 90, below: 1 });
  expect(new LimitStore(new KeyStore(storage)).of("cpu")).toEqual({ above: 90, below: 1 });
  limits.set("cpu", { above: undefined, below: undefined });
  limits.set("__proto__", { above: undefined, below: undefined });
  expect(kept.size).toBe(0);
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
  limits.set("cpu", { above: 90, below: undefined });
  limits.carry(new Map([["cpu", { above: 50, below: undefined }]]));
  expect(limits.broken("cpu", 60)).toBe("above");
  expect(limits.all).toEqual([["cpu", { above: 50, below: undefined }]]);
  limits.carry(new Map());
  expect(limits.broken("cpu", 60)).toBeUndefined();
  expect(new LimitStore(new KeyStore(storage)).of("cpu")).toEqual({ above: 90, below: undefined });
});
