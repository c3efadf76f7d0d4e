import { expect, test } from "vitest";

import { formatBytes, formatChange, formatDerived, formatRate, formatValue } from "./numbers";

test.each([
  [0, "0"],
  [-0, "0"],
  [-5, "-5"],
  [1e-12, "1e-12"],
  [1e300, "1e300"],
  [-1.7976931348623157e308, "-1.798e308"],
  [5e-324, "4.941e-324"],
  [3.14159265, "3.1416"],
  [1234.5678, "1,234.6"],
  [123456.7, "123,457"],
  [999_999_999, "999,999,999"],
  [1e9, "1e9"],
  [0.00012, "0.00012"],
  [Number.NaN, "–"],
  [Number.POSITIVE_INFINITY, "∞"],
])("%d reads %s", (value, text) => {
  expect(formatValue(value)).toBe(text);
});

test("a change has its sign", () => {
  expect(formatChange(2.5)).toBe("+2.5");
  expect(formatChange(-2.5)).toBe("-2.5");
  expect(formatChange(0)).toBe("0");
  expect(formatDerived(3.14159)).toBe("3.142");
});

test("rates and sizes", () => {
  expect(formatRate(0)).toBe("0");
  expect(formatRate(0.42)).toBe("0.4");
  expect(formatRate(1234.4)).toBe("1,234");
  expect(formatBytes(512)).toBe("512 B");
  expect(formatBytes(2_340_000)).toBe("2.3 MB");
});
