import { expect, test } from "vitest";

import { Folds } from "./folds";
import { groupsOf, prefixOf } from "./groups";
import { Series } from "./series";
import { KeyStore } from "./storage";

test.each([
  ["cpu/user", "cpu/"],
  ["cpu.user.0", "cpu."],
  ["host-1/cpu.user", "host-1/"],
  ["cpu", ""],
  [".hidden", ""],
  ["cpu/", ""],
  ["", ""],
])("the group of %j is %j", (name, prefix) => {
  expect(prefixOf(name)).toBe(prefix);
});

test("groups have the order of their first members, and what has none comes last", () => {
  const all = ["uptime", "disk/a", "cpu.0", "disk/b"].map(
    (name) => new Series({ id: name, name, period: 0 }, 1),
  );
  expect(groupsOf(all).map(({ prefix, members }) => [prefix, ...members.map(({ name }) => name)])).toEqual([
    ["disk/", "disk/a", "disk/b"],
    ["cpu.", "cpu.0"],
    ["", "uptime"],
  ]);
});

test("what is folded is folded after a reload, and what cannot be read is not", () => {
  const kept = new Map<string, string>();
  const storage = new KeyStore({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
  const folds = new Folds(storage);
  folds.toggle("cpu.");
  expect(new Folds(storage).has("cpu.")).toBe(true);
  folds.toggle("cpu.");
  expect(kept.size).toBe(0);
  kept.set("sse-folds", "{oops");
  expect(new Folds(storage).has("cpu.")).toBe(false);
});
