import { expect, test, vi } from "vitest";

import { MetricStore } from "./metric_store";

const cpu = { id: "1", name: "cpu", period: 0 };
const memory = { id: "2", name: "memory", period: 0 };

function snapshot(...values: number[]) {
  return values.map((value, index) => ({ metric: "1", value, time: index }));
}

test("a snapshot replaces everything, and known metrics keep their objects", () => {
  const store = new MetricStore();
  store.replace([
    { metric: cpu, isCut: false, readings: snapshot(1, 2) },
    { metric: memory, isCut: true, readings: [] },
  ]);
  const before = store.find("1");
  store.replace([{ metric: { ...cpu, name: "processor" }, isCut: true, readings: snapshot(3) }]);
  expect(store.find("1")).toBe(before);
  expect(before?.name).toBe("processor");
  expect([...(before?.readings.values ?? [])]).toEqual([3]);
  expect(before?.isCut).toBe(true);
  expect(store.find("2")).toBeUndefined();
  expect(store.all).toHaveLength(1);
});

test("a snapshot is known or not, also where only the newest readings can be compared", () => {
  const store = new MetricStore();
  const row = (readings: ReturnType<typeof snapshot>, isCut = false) => ({ metric: cpu, isCut, readings });
  store.replace([row(snapshot(1, 2, 3))]);
  expect(store.holds([row(snapshot(1, 2, 3))])).toBe(true);
  expect(store.holds([row(snapshot(1, 2, 3, 4))])).toBe(false);
  expect(store.holds([row(snapshot(1, 2, 9))])).toBe(false);
  expect(store.holds([row(snapshot(1, 2, 3).slice(1), true)])).toBe(true);
  expect(store.holds([row(snapshot(1, 2, 3).slice(1))])).toBe(false);
  expect(store.holds([row([])])).toBe(false);
  expect(store.holds([])).toBe(false);
  expect(store.holds([row(snapshot(1, 2, 3)), { metric: memory, isCut: false, readings: [] }])).toBe(false);
});

test("a batch that creates and deletes metrics is told once", () => {
  const store = new MetricStore();
  const told = vi.fn();
  store.listed.subscribe(told);
  store.create(cpu);
  store.create(memory);
  store.remove("1");
  store.settle();
  store.settle();
  expect(told).toHaveBeenCalledTimes(1);
  expect(store.all.map(({ name }) => name)).toEqual(["memory"]);
});

test("a reading of an unknown metric is refused", () => {
  expect(new MetricStore().record({ metric: "9", value: 1, time: 0 })).toBe(false);
});

test("readings change the version, and not the list", () => {
  const store = new MetricStore();
  store.create(cpu);
  store.settle();
  const list = store.all;
  const version = store.find("1")?.version;
  store.record({ metric: "1", value: 1, time: 0 });
  store.settle();
  expect(store.all).toBe(list);
  expect(store.find("1")?.version).not.toBe(version);
});

test("ten thousand metrics share the room that there is", () => {
  const store = new MetricStore();
  for (let index = 0; index < 10_000; index += 1) {
    store.create({ id: String(index), name: "m", period: 0 });
  }
  store.settle();
  for (let index = 0; index < 1_000; index += 1) store.record({ metric: "7", value: index, time: index });
  expect(store.readingsHeld).toBe(200);
});
