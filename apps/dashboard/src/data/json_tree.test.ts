import { expect, test } from "vitest";

import { indented, nodeAt, parseJson, pointerTo, textOf } from "./json_tree";

const pretty = (text: string) => {
  const node = parseJson(text);
  return node && indented(node);
};

test("numbers, strings and keys that come twice stay as they were written", () => {
  expect(pretty('{"id":12345678901234567890,"f":1.10,"dup":1e3,"dup":-0,"s":"\\u00e9\\/"}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "f": 1.10,\n  "dup": 1e3,\n  "dup": -0,\n  "s": "\\u00e9\\/"\n}',
  );
});

test("what is nested is indented, what is empty is not opened", () => {
  expect(pretty(' [ {"a" : [1,{}] } , [] , null ]\n')).toBe(
    '[\n  {\n    "a": [\n      1,\n      {}\n    ]\n  },\n  [],\n  null\n]',
  );
});

test.each([
  "",
  "text",
  "{",
  "[1,]",
  '{"a":1,}',
  "01",
  "1 2",
  "nul",
  "'a'",
  '"\n"',
  "NaN",
  '{"a" 1}',
  '"\\x"',
])("%j is not JSON", (text) => expect(parseJson(text)).toBeUndefined());

test("JSON that is deeper than a page is deep is left as it is", () => {
  expect(parseJson("[".repeat(100_000) + "]".repeat(100_000))).toBeUndefined();
});

test("a megabyte takes no time worth a word", () => {
  const text = JSON.stringify(
    Array.from({ length: 20_000 }, (_, index) => ({ index, name: "x".repeat(30) })),
  );
  expect(parseJson(text)?.kind).toBe("array");
});

test("pointers find what is there", () => {
  const node = parseJson('{"a/b":[{"~":5}],"x":1,"x":2}');
  if (!node) throw new Error("it is JSON");
  expect(nodeAt(node, "/a~1b/0/~0")).toEqual({ kind: "number", text: "5" });
  expect(nodeAt(node, "/x")).toEqual({ kind: "number", text: "2" });
  expect(nodeAt(node, "")).toBe(node);
  for (const nothing of ["/y", "/a~1b/1", "/a~1b/x", "/x/0"]) expect(nodeAt(node, nothing)).toBeUndefined();
  expect(pointerTo("/a", "b/~c")).toBe("/a/b~1~0c");
});

test("a value is copied as it was written, and a string as what it says", () => {
  const node = parseJson('{"s":"a \\"b\\"\\n","n":1.10,"list":[12345678901234567890]}');
  if (!node) throw new Error("it is JSON");
  const text = (pointer: string) => textOf(nodeAt(node, pointer) ?? node);
  expect(text("/s")).toBe('a "b"\n');
  expect(text("/n")).toBe("1.10");
  expect(text("/list")).toBe("[\n  12345678901234567890\n]");
});
