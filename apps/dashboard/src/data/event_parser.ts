/** An event as the hub sends it; `id` is empty where the block has none. */
export interface HubEvent {
  id: string;
  type: string;
  topic: string;
  data: string;
}

export interface ParsedBlocks {
  event(event: HubEvent): void;
  /** After each block that has an id, also one with nothing else in it. */
  moved(id: string): void;
  retry(milliseconds: number): void;
}

const LINE_END = /\r\n?|\n/g;

/**
 * text/event-stream, piece by piece, wherever it was cut. It reports what an EventSource keeps from its page:
 * types without a listener, blocks that are an id alone, and the hub's own field `topic`.
 */
export class EventParser {
  private rest = "";
  private afterReturn = false;
  private type = "";
  private topic = "";
  private id: string | undefined;
  private data: string[] = [];

  constructor(private readonly blocks: ParsedBlocks) {}

  feed(piece: string): void {
    if (piece === "") return;
    // A line end of two characters that was cut in the middle.
    const text = this.rest + (this.afterReturn && piece.startsWith("\n") ? piece.slice(1) : piece);
    this.afterReturn = piece.endsWith("\r");
    LINE_END.lastIndex = this.rest.length;
    let start = 0;
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      // A listener may feed another parser, and the expression is shared.
      const next = LINE_END.lastIndex;
      this.line(text.slice(start, end.index));
      LINE_END.lastIndex = next;
      start = next;
    }
    this.rest = text.slice(start);
  }

  private line(line: string): void {
    if (line === "") {
      this.endBlock();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line.charAt(colon + 1) === " " ? colon + 2 : colon + 1);
    switch (name) {
      case "data":
        this.data.push(value);
        break;
      case "id":
        if (!value.includes("\0")) this.id = value;
        break;
      case "event":
        this.type = value;
        break;
      case "topic":
        this.topic = value;
        break;
      case "retry":
        if (/^\d+$/.test(value)) this.blocks.retry(Number(value));
        break;
    }
  }

  private endBlock(): void {
    const { id, type, topic, data } = this;
    this.id = undefined;
    this.type = "";
    this.topic = "";
    if (data.length > 0) {
      this.data = [];
      this.blocks.event({ id: id ?? "", type: type === "" ? "message" : type, topic, data: data.join("\n") });
    }
    if (id !== undefined) this.blocks.moved(id);
  }
}
