import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../../../build/bin/sse-serve", import.meta.url));

export interface MetricAnswer {
  id: string;
  name: string;
  input_frequency: number;
  unit?: string;
  readings: { id: string; metric_id: string; value: number; timestamp: string }[];
}

/** A real sse-serve on a port of its own; the program is $SSE_SERVE, or the one in build/bin. */
export class Hub {
  static readonly program = process.env.SSE_SERVE ?? BUILT;

  port = 0;
  /** What our own requests are made with; empty: nothing. */
  token = "";
  private process: ChildProcess | undefined;

  private constructor(private options: readonly string[]) {}

  static async start(...options: string[]): Promise<Hub> {
    const hub = new Hub(options);
    await hub.spawn();
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** After stop(), on the same port as before; perhaps with other options. */
  async startAgain(...options: string[]): Promise<void> {
    if (options.length > 0) this.options = options;
    await this.spawn();
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (!process || process.exitCode !== null) return;
    const exited = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGCONT");
    process.kill(signal);
    await exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  private async spawn(): Promise<void> {
    const program = Hub.program;
    const scratch = mkdtempSync(join(tmpdir(), "sse-dashboard-"));
    const portFile = join(scratch, "port");
    const args = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--port-file",
      portFile,
      "--log-level",
      "warn",
    ];
    const child = spawn(program, [...args, ...this.options], { stdio: ["ignore", "ignore", "inherit"] });
    this.process = child;
    const failed = new Promise<never>((_resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${program} ended with ${String(code)}`)));
    });
    failed.catch(() => undefined); // it also ends when it is told to
    try {
      await Promise.race([until(() => existsSync(portFile)), failed]);
      this.port = Number(readFileSync(portFile, "utf8"));
    } finally {
      rmSync(scratch, { recursive: true });
    }
  }

  async createMetric(name: string, inputFrequency = "0s", unit = ""): Promise<string> {
    const body = { name, input_frequency: inputFrequency, ...(unit !== "" && { unit }) };
    const { id } = await this.post<{ id: string }>("/metrics", body);
    return id;
  }

  /** A metric with a reading each second, and the last one now. */
  async createMetricWith(name: string, values: readonly number[], unit = ""): Promise<string> {
    const metric_id = await this.createMetric(name, "1s", unit);
    const now = Date.now();
    await this.addReadings(
      values.map((value, index) => ({
        metric_id,
        value,
        timestamp: new Date(now - (values.length - 1 - index) * 1_000).toISOString(),
      })),
    );
    return metric_id;
  }

  async addReading(metric: string, value: number, timestamp?: string): Promise<void> {
    await this.post("/metrics/readings", { metric_id: metric, value, timestamp: timestamp ?? null });
  }

  async addReadings(readings: { metric_id: string; value: number; timestamp?: string }[]): Promise<void> {
    const { rejected } = await this.post<{ rejected: number }>("/metrics/readings", readings);
    if (rejected > 0) throw new Error(`the hub rejected ${rejected} readings`);
  }

  async publish(type: string, topic: string, data: unknown): Promise<void> {
    await this.post("/events", { type, topic, data });
  }

  /** What the page must agree with. */
  async metrics(): Promise<MetricAnswer[]> {
    const response = await fetch(`${this.url}/metrics?with_readings=true&limit=10000`);
    return (await response.json()) as MetricAnswer[];
  }

  async post<Answer>(path: string, body: unknown): Promise<Answer> {
    const headers = this.token === "" ? {} : { Authorization: `Bearer ${this.token}` };
    const response = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }
}

/** Waits for a condition, and looks often: tests know no other waiting. */
export async function until(condition: () => boolean | Promise<boolean>, within = 15_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
