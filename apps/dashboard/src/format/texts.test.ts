import { expect, test } from "vitest";

import { beginning, lineDiff, visible } from "./texts";

test("what cannot be seen is shown, and turns nothing around", () => {
  expect(visible("a\u0000b\u001bc\u007f")).toBe("a␀b␛c␡");
  expect(visible("a\u202egnp.exe")).toBe("a⟨U+202E⟩gnp.exe");
  expect(visible("a\tb\nc")).toBe("a\tb\nc");
});

test("a long text is cut", () => {
  expect(beginning("abc", 3)).toBe("abc");
  expect(beginning("abcd", 3)).toBe("abc…");
});

test("what differs is marked, line by line", () => {
  expect(lineDiff("a\nb\nc", "a\nx\nc\nd").map(({ mark, line }) => mark + line)).toEqual([
    " a",
    "-b",
    "+x",
    " c",
    "+d",
  ]);
  expect(lineDiff("a", "a")).toEqual([{ mark: " ", line: "a" }]);
});
