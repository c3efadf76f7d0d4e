import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import type { Hub } from "./hub";

/** What a path of a site answers: its type, and its body. */
export type Answers = Record<string, () => Promise<{ type: string; body: string }>>;

/**
 * The web site of another operator: pages and a backend of its own, and what is below `prefix` is a hub's. It can cut
 * all connections that are open.
 */
export class Site {
  answers: Answers = {};
  hub: Hub | undefined;
  prefix = "/";
  /** Of a refusal that asks for half a minute's patience it makes a moment's. */
  isHasty = false;
  /** Targets with a ticket that came for the hub, each with its cookies. */
  readonly log: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly host: string,
  ) {
    server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => void this.serve(asked, answer));
  }

  /** On a free port; `host` is a name of this machine. */
  static async open(host: string): Promise<Site> {
    const server = createServer();
    const site = new Site(server, host);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  get origin(): string {
    return `http://${this.host}:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = asked.url ?? "/";
    const own = this.answers[target.split("?")[0] ?? ""];
    if (own) {
      const { type, body } = await own();
      answer.writeHead(200, { "Content-Type": type }).end(body);
    } else if (this.hub && target.startsWith(this.prefix)) {
      if (target.includes("ticket=")) this.log.push(`${target} ${asked.headers.cookie ?? ""}`);
      this.pass(asked, answer, this.hub.port, `/${target.slice(this.prefix.length)}`);
    } else {
      answer.writeHead(404).end();
    }
  }

  private pass(asked: IncomingMessage, answer: ServerResponse, port: number, path: string): void {
    const { method, headers } = asked;
    const onward = request({ host: "127.0.0.1", port, path, method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      answer.flushHeaders();
      if (this.isHasty && "sse-refused" in got.headers) {
        got.on("data", (text) => answer.write(String(text).replace(/retry: \d+/, "retry: 50")));
        got.on("end", () => answer.end());
      } else {
        got.pipe(answer);
      }
      got.on("error", () => answer.destroy());
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  }
}
