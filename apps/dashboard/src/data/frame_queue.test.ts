import { expect, test } from "vitest";

import { FakePorts } from "../testing/fake_ports";
import { FrameQueue } from "./frame_queue";
import { Frames } from "./frames";

function queue() {
  const ports = new FakePorts();
  const batches: number[][] = [];
  const made = new FrameQueue<number>(new Frames(ports), (batch) => batches.push([...batch]));
  return { ports, batches, queue: made };
}

test("what arrives between two frames is applied once, in order", () => {
  const { ports, batches, queue: q } = queue();
  [1, 2, 3].forEach((item) => q.push(item));
  expect(batches).toEqual([]);
  ports.frame();
  q.push(4);
  ports.frame();
  ports.frame();
  expect(batches).toEqual([[1, 2, 3], [4]]);
});

test("without frames nothing piles up without end", () => {
  const { batches, queue: q } = queue();
  for (let item = 0; item < 12_000; item += 1) q.push(item);
  expect(q.length).toBeLessThan(5_000);
  expect(batches.flat()).toHaveLength(12_000 - q.length);
});

test("what was cleared never comes", () => {
  const { ports, batches, queue: q } = queue();
  q.push(1);
  q.clear();
  ports.frame();
  expect(batches).toEqual([]);
});
