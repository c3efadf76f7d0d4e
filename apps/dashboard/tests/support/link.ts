import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

import type { Hub } from "./hub";

/** The network between a browser and a hub: it can be cut without a word to either side. */
export class Link {
  private readonly sockets = new Set<Socket>();
  private whole = true;

  private constructor(
    private readonly server: Server,
    private readonly hub: Hub,
  ) {
    server.on("connection", (near) => this.join(near));
  }

  static async to(hub: Hub): Promise<Link> {
    const server = createServer();
    const link = new Link(server, hub);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What is open is gone, as after a night's sleep, and nothing gets through. */
  cut(): void {
    this.whole = false;
    for (const socket of this.sockets) socket.destroy();
  }

  restore(): void {
    this.whole = true;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(near: Socket): void {
    if (!this.whole) {
      near.destroy();
      return;
    }
    const far = connect(this.hub.port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
