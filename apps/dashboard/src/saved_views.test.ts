import { beforeEach, expect, test } from "vitest";

import { LimitStore, NO_LIMITS } from "./data/limits";
import { KeyStore } from "./data/storage";
import { parseRoute } from "./route";
import { limitsOfParams, SavedViews, viewHash } from "./saved_views";

let kept: Map<string, string>;
let storage: KeyStore;

beforeEach(() => {
  kept = new Map();
  storage = new KeyStore({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
});

test("a view is there again after a reload, in the order of names, once for each name", () => {
  const views = new SavedViews(storage);
  views.save({ name: "wall 10", hash: "#/?q=a" });
  views.save({ name: "wall 9", hash: "#/chart?m=cpu" });
  views.save({ name: "wall 10", hash: "#/?q=b" });
  expect(new SavedViews(storage).all).toEqual([
    { name: "wall 9", hash: "#/chart?m=cpu" },
    { name: "wall 10", hash: "#/?q=b" },
  ]);
  views.remove("wall 9");
  views.remove("wall 10");
  expect(kept.size).toBe(0);
});

test("what was kept and cannot be a view is left out", () => {
  kept.set("sse-views", '[{"name":"a","hash":"javascript:alert(1)"},{"name":5},{"name":"b","hash":"#/"}]');
  expect(new SavedViews(storage).all).toEqual([{ name: "b", hash: "#/" }]);
});

test("the address of a view has metrics, window, marks, limits and pins, and nothing of the moment", () => {
  const limits = new LimitStore(storage);
  limits.set("cpu: user/0", { warnAbove: 70, above: 90, warnBelow: 0.5, below: -1e-9 });
  limits.set("other", { ...NO_LIMITS, above: 1 });
  const hash = viewHash(
    "#/chart?m=cpu%3A+user%2F0&m=disk&window=21600&marks=deploy&debug=1&wall=1&from=1&to=2",
    "Night & day",
    limits,
    ["disk", "cpu: user/0"],
  );
  const { view, params } = parseRoute(hash);
  expect(view).toBe("chart");
  expect(Object.fromEntries(params)).toMatchObject({ window: "21600", marks: "deploy", view: "Night & day" });
  expect(params.getAll("m")).toEqual(["cpu: user/0", "disk"]);
  expect(params.getAll("pin")).toEqual(["disk", "cpu: user/0"]);
  expect([...params.keys()].filter((name) => ["debug", "wall", "from", "to"].includes(name))).toEqual([]);
  expect([...limitsOfParams(params)]).toEqual([
    ["cpu: user/0", { warnAbove: 70, above: 90, warnBelow: 0.5, below: -1e-9 }],
  ]);
});

test("an address of before there were amber limits has its red ones", () => {
  const params = new URLSearchParams("limit=above:90:cpu&limit=below:1:cpu");
  expect([...limitsOfParams(params)]).toEqual([["cpu", { ...NO_LIMITS, above: 90, below: 1 }]]);
});

test("a limit in an address that makes no sense counts for nothing", () => {
  const params = new URLSearchParams("limit=above:x:cpu&limit=cpu&limit=above:5:&limit=below:3:a:b");
  expect([...limitsOfParams(params)]).toEqual([["a:b", { ...NO_LIMITS, below: 3 }]]);
});
