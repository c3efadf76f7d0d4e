import { expect, onTestFinished, test } from "vitest";

import { showTimesIn } from "../format/times";
import { FakePorts, json } from "../testing/fake_ports";
import { addReading, createMetric, fieldOf, momentAsTyped, periodAsTyped, publishEvent } from "./writes";

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
  expect(await createMetric(ports, 'a "b"', "1s", "°C")).toEqual({ ok: true, id: "7" });
  expect(sent(ports)).toBe('{"name":"a \\"b\\"","input_frequency":"1s","unit":"°C"}');
});

test.each([
  ["10Hz", "100000000ns"],
  ["0.5 hz", "2000000000ns"],
  ["3Hz", "333333333ns"],
  ["0Hz", "0Hz"],
  ["1m30s", "1m30s"],
  ["often", "often"],
])("how often readings come may be a rate: %s is sent as %s", (typed, sent) => {
  expect(periodAsTyped(typed)).toBe(sent);
});

test("an empty field is left out", async () => {
  const ports = answering({ id: "7" }, 201);
  await createMetric(ports, "a", "", "");
  expect(sent(ports)).toBe('{"name":"a"}');
});

test.each(["0", "-5", "1e-12", "1e300", "1e400", "0.10", "12345678901234567890"])(
  "the number %s keeps its digits",
  async (value) => {
    const ports = answering({ id: "7" }, 201);
    await addReading(ports, "m", value, "", 0);
    expect(sent(ports)).toBe(`{"metric_id":"m","value":${value}}`);
  },
);

test.each(["", "abc", "1,5", "NaN", "0x10", "01", "1}"])(
  "%j is not a number, and is not sent",
  async (value) => {
    const ports = answering({ id: "7" }, 201);
    const outcome = await addReading(ports, "m", value, "", 0);
    expect(outcome).toMatchObject({ ok: false, field: "value" });
    expect(ports.requests).toHaveLength(0);
  },
);

test("blanks around a number are not part of it", async () => {
  const ports = answering({ id: "7" }, 201);
  await addReading(ports, "m", " 7 ", "", 0);
  expect(sent(ports)).toBe('{"metric_id":"m","value":7}');
});

test("a time is said as people say it", () => {
  const now = new Date(2026, 10, 25, 12, 30).getTime();
  expect(momentAsTyped("now", now)).toBe("");
  expect(momentAsTyped("-5m", now)).toBe(new Date(now - 300_000).toISOString());
  expect(momentAsTyped("12:16", now)).toBe(new Date(2026, 10, 25, 12, 16).toISOString());
  expect(momentAsTyped("13:00", now)).toBe(new Date(2026, 10, 24, 13).toISOString());
  expect(momentAsTyped("1960-01-01T00:00:00Z", now)).toBe("1960-01-01T00:00:00Z");
});

test("where times are shown in UTC, they are typed in UTC", () => {
  showTimesIn("utc");
  onTestFinished(() => showTimesIn("local"));
  const now = Date.UTC(2026, 10, 25, 12, 30);
  expect(momentAsTyped("12:16", now)).toBe("2026-11-25T12:16:00.000Z");
  expect(momentAsTyped("13:00", now)).toBe("2026-11-24T13:00:00.000Z");
});

test("an event's data is sent as it was typed when it is JSON, else as a text", async () => {
  const ports = answering({ id: "7", subscribers: 1 }, 201);
  await publishEvent(ports, "deploy", "", '{"f":1.10}', "k");
  expect(sent(ports)).toBe('{"type":"deploy","data":{"f":1.10}}');
  expect(ports.requests[0]?.init?.headers).toMatchObject({ "Idempotency-Key": "k" });
  const text = answering({ id: "7" }, 201);
  await publishEvent(text, "", "ci/api", "not JSON", "");
  expect(sent(text)).toBe('{"topic":"ci/api","data":"not JSON"}');
});

test("an error belongs to the field that it names, and else to the form", () => {
  expect(fieldOf("name: expected 1 to 200 bytes", ["name"])).toEqual({
    field: "name",
    message: "expected 1 to 200 bytes",
  });
  expect(fieldOf("the table is full: --max-metrics", ["name"]).field).toBe("");
  expect(fieldOf("draining", ["name"]).field).toBe("");
});

test("a hub that is gone, or answers with something else, is said", async () => {
  expect(await createMetric(new FakePorts(), "a", "", "")).toMatchObject({ ok: false, field: "" });
  const ports = new FakePorts();
  ports.answer = () => Promise.resolve(new Response("<html>", { status: 502 }));
  expect(await createMetric(ports, "a", "", "")).toEqual({
    ok: false,
    field: "",
    message: "the hub answered 502",
  });
});
