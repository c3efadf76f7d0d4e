import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A redis-server of a test, in memory, on a port that was free. */
export class Redis {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly directory: string,
  ) {}

  /** undefined: there is no redis-server here. */
  static async start(): Promise<Redis | undefined> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), "sse-dashboard-redis-"));
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const process = spawn("redis-server", [...words, "--dir", directory], { stdio: "ignore" });
    const isThere = await new Promise<boolean>((resolve) => {
      process.once("spawn", () => resolve(true));
      process.once("error", () => resolve(false));
    });
    if (isThere) return new Redis(`redis://127.0.0.1:${port}`, process, directory);
    rmSync(directory, { recursive: true, force: true });
    return undefined;
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGKILL");
    await exited;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
