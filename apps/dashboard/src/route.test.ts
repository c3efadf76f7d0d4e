import { expect, test } from "vitest";

import { changedHash, linkTo, parseRoute } from "./route";

test.each([
  ["", "overview", ""],
  ["#", "overview", ""],
  ["#/?q=cpu", "overview", ""],
  ["#/events", "events", ""],
  ["#/metrics/019b", "metric", "019b"],
  ["#/metrics", "unknown", ""],
  ["#/nonsense/x/y", "unknown", ""],
])("%s is the view %s", (hash, view, id) => {
  expect(parseRoute(hash)).toMatchObject({ view, id });
});

test("a link takes along the window and how metrics are listed, and nothing of its own view", () => {
  expect(linkTo("/events", new URLSearchParams("q=cpu&window=300&debug=1&type=alarm"))).toBe(
    "#/events?q=cpu&window=300&debug=1",
  );
  expect(linkTo("/", new URLSearchParams("type=alarm"))).toBe("#/");
});

test("parameters change in place", () => {
  expect(changedHash("", { q: "a b&c" })).toBe("#/?q=a+b%26c");
  expect(changedHash("#/metrics/7?from=1&to=2", { from: null, to: null })).toBe("#/metrics/7");
  expect(parseRoute(changedHash("#/", { q: "a b&c#?" })).params.get("q")).toBe("a b&c#?");
});

test("a list is in the address item by item", () => {
  const hash = changedHash("#/chart?window=300", { m: ["cpu, all", "a&b"] });
  expect(hash).toBe("#/chart?window=300&m=cpu%2C+all&m=a%26b");
  expect(parseRoute(hash).params.getAll("m")).toEqual(["cpu, all", "a&b"]);
  expect(changedHash(hash, { m: [] })).toBe("#/chart?window=300");
});
