import { settled } from "./fake_ports";

/** A response into whose body the test writes. */
export class Wire {
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly response: Response;

  constructor(headers: Record<string, string> = {}, signal?: AbortSignal | null) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.controller = controller),
    });
    this.response = new Response(body, { headers: { "Content-Type": "text/event-stream", ...headers } });
    signal?.addEventListener("abort", () => this.controller?.error(new DOMException("", "AbortError")));
  }

  write(text: string): Promise<void> {
    return this.writeBytes(new TextEncoder().encode(text));
  }

  async writeBytes(bytes: Uint8Array): Promise<void> {
    this.controller?.enqueue(bytes);
    await settled();
  }

  async end(): Promise<void> {
    this.controller?.close();
    await settled();
  }
}
