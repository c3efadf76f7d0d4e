import { expect, test } from "vitest";

import { FakePorts } from "../testing/fake_ports";
import { Pulse } from "./pulse";

function pulse() {
  const ports = new FakePorts();
  const made = new Pulse(ports);
  const beats: number[] = [];
  const begun = ports.time;
  made.beat.subscribe(() => beats.push(made.now - begun));
  return { ports, pulse: made, beats };
}

test("something new is shown at once, and then ten times a second at most", async () => {
  const { ports, pulse: p, beats } = pulse();
  await ports.pass(500);
  for (let frame = 0; frame < 30; frame += 1) {
    p.poke();
    await ports.pass(10);
  }
  expect(beats).toEqual([500, 600, 700, 800]);
});

test("what came last is shown, too", async () => {
  const { ports, pulse: p, beats } = pulse();
  await ports.pass(500);
  p.poke();
  await ports.pass(10);
  p.poke();
  await ports.pass(90);
  expect(beats).toEqual([500, 600]);
});

test("it beats once a second while nothing happens, and not after stop()", async () => {
  const { ports, pulse: p, beats } = pulse();
  p.start();
  await ports.pass(2_500);
  p.stop();
  await ports.pass(5_000);
  expect(beats).toEqual([1_000, 2_000]);
});
