import { LiveMetrics } from "../data/live_metrics";
import { Frames } from "../data/frames";
import { FakePorts, json } from "./fake_ports";
import { eventId } from "./ids";

export const CPU = { id: "1", name: "cpu", input_frequency: 1_000_000_000 };

/** A hub that answers: metrics with readings, and a cursor. */
export class FakeHub {
  readings: { id: string; metric_id: string; value: number; timestamp: string }[] = [];
  sequence = 10;
  healthy = true;

  constructor(private readonly ports: FakePorts) {
    ports.answer = (url) => this.answer(url);
  }

  reading(value: number) {
    this.sequence += 1;
    const timestamp = new Date(this.ports.time).toISOString();
    const row = { id: `r${this.sequence}`, metric_id: "1", value, timestamp };
    this.readings.push(row);
    return row;
  }

  private answer(url: string): Promise<Response> {
    if (!this.healthy) return Promise.reject(new TypeError("connection refused"));
    if (url === "-/healthz") return Promise.resolve(new Response("ok"));
    const readings = url.includes("with_readings") ? this.readings : [];
    const cursor = { "SSE-Cursor": eventId(this.sequence) };
    return Promise.resolve(json([{ ...CPU, readings }], cursor));
  }
}

/** A page in front of a hub with one metric. */
export class MetricsStage {
  readonly ports = new FakePorts();
  readonly hub = new FakeHub(this.ports);
  readonly live = new LiveMetrics(this.ports, new Frames(this.ports));

  async connected(): Promise<void> {
    this.live.show();
    await this.ports.pass(0);
    this.ports.source.open();
  }

  /** The hub takes a reading and sends it. */
  publish(value: number): void {
    const row = this.hub.reading(value);
    this.ports.source.send("metric_reading_created", row, eventId(this.hub.sequence));
  }

  values(): number[] {
    return [...(this.live.store.find("1")?.readings.values ?? [])];
  }
}
