/** JSON as it was written: numbers and strings keep their text, and a key that comes twice is there twice. */
export type JsonNode =
  | { kind: "object"; members: { key: string; node: JsonNode }[] }
  | { kind: "array"; items: JsonNode[] }
  | { kind: "string"; text: string; value: string }
  | { kind: "number"; text: string }
  | { kind: "literal"; text: "true" | "false" | "null" };

// A page that shows this many levels shows nothing; and each level is a call.
const MOST_LEVELS = 200;

const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const BLANKS = /^[ \t\n\r]*$/;

/** undefined for what is not JSON, or nested too deeply. */
export function parseJson(text: string): JsonNode | undefined {
  const reader = new TokenReader(text);
  const node = readNode(reader, reader.next(), 0);
  return node !== undefined && reader.isAtEnd() ? node : undefined;
}

class TokenReader {
  private at = 0;

  constructor(private readonly text: string) {}

  /** Without the blanks in front of it; empty at the end, and for what is not a token. */
  next(): string {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (!found) return "";
    this.at = TOKEN.lastIndex;
    return found[1] ?? found[2] ?? found[3] ?? found[4] ?? "";
  }

  isAtEnd(): boolean {
    return BLANKS.test(this.text.slice(this.at));
  }
}

function readNode(reader: TokenReader, token: string, level: number): JsonNode | undefined {
  if (level > MOST_LEVELS || token === "") return undefined;
  if (token === "{") return readObject(reader, level);
  if (token === "[") return readArray(reader, level);
  if (token.startsWith('"')) {
    const value = valueOf(token);
    return value === undefined ? undefined : { kind: "string", text: token, value };
  }
  if (token === "true" || token === "false" || token === "null") return { kind: "literal", text: token };
  return /[-\d]/.test(token.charAt(0)) ? { kind: "number", text: token } : undefined;
}

function readObject(reader: TokenReader, level: number): JsonNode | undefined {
  const members: { key: string; node: JsonNode }[] = [];
  let token = reader.next();
  if (token === "}") return { kind: "object", members };
  for (;;) {
    const key = token.startsWith('"') ? valueOf(token) : undefined;
    if (key === undefined || reader.next() !== ":") return undefined;
    const node = readNode(reader, reader.next(), level + 1);
    if (!node) return undefined;
    members.push({ key, node });
    const after = reader.next();
    if (after === "}") return { kind: "object", members };
    if (after !== ",") return undefined;
    token = reader.next();
  }
}

function readArray(reader: TokenReader, level: number): JsonNode | undefined {
  const items: JsonNode[] = [];
  let token = reader.next();
  if (token === "]") return { kind: "array", items };
  for (;;) {
    const node = readNode(reader, token, level + 1);
    if (!node) return undefined;
    items.push(node);
    const after = reader.next();
    if (after === "]") return { kind: "array", items };
    if (after !== ",") return undefined;
    token = reader.next();
  }
}

function valueOf(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** Over several lines, every number and string as it was written. */
export function indented(node: JsonNode, indent = ""): string {
  const inner = `${indent}  `;
  switch (node.kind) {
    case "object": {
      const lines = node.members.map(
        (member) => `${inner}${JSON.stringify(member.key)}: ${indented(member.node, inner)}`,
      );
      return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
    }
    case "array": {
      const lines = node.items.map((item) => `${inner}${indented(item, inner)}`);
      return lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n${indent}]`;
    }
    default:
      return node.text;
  }
}

/** A value as a text of its own: of a string what it says, of all else what was written, over several lines. */
export function textOf(node: JsonNode): string {
  return node.kind === "string" ? node.value : indented(node);
}

/** By a JSON Pointer (RFC 6901); undefined when there is nothing. The last of a key that comes twice. */
export function nodeAt(node: JsonNode, pointer: string): JsonNode | undefined {
  let here: JsonNode | undefined = node;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (here?.kind === "object") here = here.members.findLast((member) => member.key === key)?.node;
    else if (here?.kind === "array") here = /^(0|[1-9]\d*)$/.test(key) ? here.items[Number(key)] : undefined;
    else return undefined;
  }
  return here;
}

/** One more step of a JSON Pointer. */
export function pointerTo(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
