import { expect, test } from "vitest";

import { ReadingBuffer } from "./reading_buffer";

function filled(capacity: number, count: number): ReadingBuffer {
  const buffer = new ReadingBuffer(capacity);
  for (let index = 0; index < count; index += 1) buffer.push(index, index * 10);
  return buffer;
}

test("readings come out as they went in, in one piece", () => {
  const buffer = filled(100, 3);
  expect([...buffer.times]).toEqual([0, 1, 2]);
  expect([...buffer.values]).toEqual([0, 10, 20]);
});

test.each([1, 2, 63, 64, 65, 1_000])(
  "with a capacity of %i the newest stay, however many come",
  (capacity) => {
    const buffer = filled(capacity, 5_000);
    expect(buffer.length).toBe(capacity);
    expect(buffer.timeAt(0)).toBe(5_000 - capacity);
    expect(buffer.timeAt(capacity - 1)).toBe(4_999);
    expect([...buffer.values]).toEqual([...buffer.times].map((time) => time * 10));
  },
);

test("a full buffer holds little more than its readings", () => {
  const buffer = filled(1_000, 100_000);
  expect(buffer.times.buffer.byteLength).toBeLessThanOrEqual(1_250 * 8);
});

test("a reading that comes late goes to its place", () => {
  const buffer = new ReadingBuffer(10);
  for (const time of [5, 1, 3, 2, 4]) buffer.push(time, time);
  expect([...buffer.times]).toEqual([1, 2, 3, 4, 5]);
  expect([...buffer.values]).toEqual([1, 2, 3, 4, 5]);
});

test("of readings of one time the one that came last is the newest", () => {
  const buffer = new ReadingBuffer(10);
  buffer.push(1, 7);
  buffer.push(1, 8);
  buffer.push(0, 6);
  expect([...buffer.values]).toEqual([6, 7, 8]);
});

test("a full buffer takes no reading that is older than all of its own", () => {
  const buffer = filled(3, 10);
  buffer.push(-1, 0);
  expect([...buffer.times]).toEqual([7, 8, 9]);
});

test("a late reading of a full buffer takes the place of the oldest", () => {
  const buffer = filled(3, 10);
  buffer.push(8.5, 1);
  expect([...buffer.times]).toEqual([8, 8.5, 9]);
});

test("what a chart still shows does not change when the buffer moves", () => {
  const buffer = filled(64, 64);
  const shown = buffer.times;
  const before = [...shown];
  for (let index = 64; index < 1_000; index += 1) buffer.push(index, 0);
  expect([...shown]).toEqual(before);
});

test("an index is found by time", () => {
  const buffer = filled(10, 100); // 90 to 99
  expect(buffer.indexAt(0)).toBe(0);
  expect(buffer.indexAt(95)).toBe(5);
  expect(buffer.indexAt(95.5)).toBe(6);
  expect(buffer.indexAt(1_000)).toBe(10);
});

test("a smaller limit takes effect with the next reading", () => {
  const buffer = filled(100, 100);
  buffer.limit(3);
  buffer.push(100, 0);
  expect([...buffer.times]).toEqual([98, 99, 100]);
});
