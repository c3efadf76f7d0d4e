import { expect, test } from "vitest";

import { FakePorts, json } from "../testing/fake_ports";
import { addReading, createMetric, fieldOf } from "./writes";

function answering(body: unknown, status: number): FakePorts {
  const ports = new FakePorts();
  ports.answer = () => Promise.resolve(json(body, {}, status));
  return ports;
}

function sent(ports: FakePorts): unknown {
  return ports.requests[0]?.init?.body;
}

test("a metric is sent as it was typed", async () => {
  const ports = answering({ id: "7" }, 201);
  expect(await createMetric(ports, 'a "b"', "1s")).toEqual({ ok: true, id: "7" });
  expect(sent(ports)).toBe('{"name":"a \\"b\\"","input_frequency":"1s"}');
});

test("an empty field is left out", async () => {
  const ports = answering({ id: "7" }, 201);
  await createMetric(ports, "a", "");
  expect(sent(ports)).toBe('{"name":"a"}');
});

test.each(["0", "-5", "1e-12", "1e300", "1e400", "0.10", "12345678901234567890"])(
  "the number %s keeps its digits",
  async (value) => {
    const ports = answering({ id: "7" }, 201);
    await addReading(ports, "m", value, "");
    expect(sent(ports)).toBe(`{"metric_id":"m","value":${value}}`);
  },
);

test.each(["", "abc", "1,5", "NaN", "0x10", "01", "1}"])(
  "%j is a text, for the hub to refuse",
  async (value) => {
    const ports = answering({ error: "value: expected a finite number, got a string" }, 400);
    const outcome = await addReading(ports, "m", value, "");
    expect(sent(ports)).toBe(`{"metric_id":"m","value":${JSON.stringify(value)}}`);
    expect(outcome).toEqual({ ok: false, field: "value", message: "expected a finite number, got a string" });
  },
);

test("an error belongs to the field that it names, and else to the form", () => {
  expect(fieldOf("name: expected 1 to 200 bytes", ["name"])).toEqual({
    field: "name",
    message: "expected 1 to 200 bytes",
  });
  expect(fieldOf("the table is full: --max-metrics", ["name"]).field).toBe("");
  expect(fieldOf("draining", ["name"]).field).toBe("");
});

test("a hub that is gone, or answers with something else, is said", async () => {
  expect(await createMetric(new FakePorts(), "a", "")).toMatchObject({ ok: false, field: "" });
  const ports = new FakePorts();
  ports.answer = () => Promise.resolve(new Response("<html>", { status: 502 }));
  expect(await createMetric(ports, "a", "")).toEqual({
    ok: false,
    field: "",
    message: "the hub answered 502",
  });
});
