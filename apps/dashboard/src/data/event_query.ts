import { type EventFilter, matchesType, words } from "./event_filter";
import type { HubEvent } from "./event_parser";
import { type JsonNode, nodeAt, parseJson } from "./json_tree";

/** What is typed into the fields of the events page. */
export interface QueryText {
  /** Patterns; those with a `-` in front are left out. */
  type: string;
  topic: string;
  /** A text that the data holds, whatever its case; `/.../` is a regular expression, `/.../i` one without case. */
  text: string;
  /** As `sse-sub --where`: `/value > 90`. */
  where: string;
}

export interface EventQuery {
  /** What the hub filters. */
  filter: EventFilter;
  /** What is looked at here. */
  matches: (event: HubEvent) => boolean;
  /** Something is asked for, be it of the hub or here. */
  isNarrow: boolean;
}

export type QueryResult =
  { ok: true; query: EventQuery } | { ok: false; field: keyof QueryText; why: string };

export function eventQuery(typed: QueryText): QueryResult {
  const types = words(typed.type);
  const filter = { types: types.filter((type) => !type.startsWith("-")), topics: words(typed.topic) };
  const excluded = types.filter((type) => type.startsWith("-")).map((type) => type.slice(1));
  const tests: ((event: HubEvent) => boolean)[] = [];
  if (excluded.length > 0) tests.push(({ type }) => !excluded.some((pattern) => matchesType(pattern, type)));
  try {
    if (typed.text.trim() !== "") tests.push(textTest(typed.text.trim()));
  } catch (error) {
    return { ok: false, field: "text", why: error instanceof Error ? error.message : "not an expression" };
  }
  if (typed.where.trim() !== "") {
    const where = whereTest(typed.where.trim());
    if (!where) return { ok: false, field: "where", why: "expected a condition such as /value > 90" };
    tests.push(where);
  }
  return {
    ok: true,
    query: {
      filter,
      matches: (event) => tests.every((holds) => holds(event)),
      isNarrow: filter.types.length + filter.topics.length + tests.length > 0,
    },
  };
}

const EXPRESSION = /^\/(.+)\/(i?)$/s;

// An expression may take its time over a long text, and the page stands still meanwhile.
const MOST_LOOKED_AT = 100_000;

function textTest(text: string): (event: HubEvent) => boolean {
  const expression = EXPRESSION.exec(text);
  if (expression) {
    const compiled = new RegExp(expression[1] ?? "", `${expression[2] ?? ""}u`);
    return ({ data }) => compiled.test(data.length > MOST_LOOKED_AT ? data.slice(0, MOST_LOOKED_AT) : data);
  }
  const wanted = text.toLowerCase();
  return ({ data }) => data.toLowerCase().includes(wanted);
}

const CONDITION = /^((?:\/[^\s=!<>]*)|"(?:[^"\\]|\\.)*")?\s*(?:(==|!=|<=|>=|=~|<|>)\s*(.+))?$/s;

/** undefined for what is not a condition. */
function whereTest(text: string): ((event: HubEvent) => boolean) | undefined {
  const parts = CONDITION.exec(text);
  const pointer = parts?.[1] === undefined ? "" : unquoted(parts[1]);
  if (!parts || pointer === undefined || (parts[1] === undefined && parts[2] === undefined)) return undefined;
  const [, , operator, value = ""] = parts;
  let holds: (node: JsonNode) => boolean;
  if (operator === undefined) {
    holds = () => true;
  } else if (operator === "=~") {
    let expression: RegExp;
    try {
      expression = new RegExp(unquoted(value) ?? value, "u");
    } catch {
      return undefined;
    }
    holds = (node) => expression.test(node.kind === "string" ? node.value : "text" in node ? node.text : "");
  } else {
    const wanted = wantedNode(value.trim());
    holds = (node) => compares(node, operator, wanted);
  }
  return (event) => {
    const root = parseJson(event.data);
    const node = root && nodeAt(root, pointer);
    return node !== undefined && holds(node);
  };
}

function unquoted(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  const node = parseJson(text);
  return node?.kind === "string" ? node.value : undefined;
}

/** A word without quotes is a text. */
function wantedNode(text: string): JsonNode {
  return parseJson(text) ?? { kind: "string", text: JSON.stringify(text), value: text };
}

function compares(node: JsonNode, operator: string, wanted: JsonNode): boolean {
  const order = orderOf(node, wanted);
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order !== undefined && order < 0;
    case "<=":
      return order !== undefined && order <= 0;
    case ">":
      return order !== undefined && order > 0;
    default:
      return order !== undefined && order >= 0;
  }
}

const WHOLE = /^-?\d+$/;

/** undefined: values of two kinds, which are neither equal nor more nor less. */
function orderOf(a: JsonNode, b: JsonNode): number | undefined {
  if (a.kind === "number" && b.kind === "number") {
    const areWhole = WHOLE.test(a.text) && WHOLE.test(b.text);
    const [x, y] = areWhole ? [BigInt(a.text), BigInt(b.text)] : [Number(a.text), Number(b.text)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.kind === "string" && b.kind === "string") return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  if (a.kind === "literal" && b.kind === "literal") return a.text === b.text ? 0 : undefined;
  return undefined;
}
