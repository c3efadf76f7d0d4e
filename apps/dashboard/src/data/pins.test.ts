import { expect, test } from "vitest";

import { moved, pinnedFirst, Pins, toggled } from "./pins";
import { KeyStore } from "./storage";

test("what is pinned stands in front in the order of the pins, and the rest stays as it was", () => {
  const all = ["a", "b", "c", "d", "b"].map((name, id) => ({ name, id }));
  const order = (names: string[]) => pinnedFirst(all, names).map(({ name, id }) => `${name}${id}`);
  expect(order(["d", "gone", "b"])).toEqual(["d3", "b1", "b4", "a0", "c2"]);
  expect(pinnedFirst(all, [])).toBe(all);
});

test("a pin is set and taken away, and goes to another place", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], "a", 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], "a", -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "b", 1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "other", 1)).toEqual(["a", "b"]);
});

test("pins are there again after a reload, and what cannot be read is not", () => {
  const kept = new Map<string, string>();
  const storage = new KeyStore({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
  new Pins(storage).keep(["cpu", "disk"]);
  expect(new Pins(storage).names).toEqual(["cpu", "disk"]);
  new Pins(storage).keep([]);
  expect(kept.size).toBe(0);
  kept.set("sse-pins", '["cpu",5,"cpu"]');
  expect(new Pins(storage).names).toEqual(["cpu"]);
  kept.set("sse-pins", "{");
  expect(new Pins(storage).names).toEqual([]);
});
