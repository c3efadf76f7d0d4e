import { parseObject } from "./rows";

/** An answer that was not what was asked for, or none at all. */
export interface Refusal {
  /** 0: there was no answer. */
  status: number;
  /** For people. */
  reason: string;
  /** In how many milliseconds the hub, or a proxy, wants to be asked again. */
  wait: number | undefined;
}

/** A refusal that is thrown. */
export class RefusedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.reason);
  }
}

export const UNREACHED: Refusal = { status: 0, reason: "the hub cannot be reached", wait: undefined };

/** What a login page behind a redirect looks like: an answer without an error, and not the hub's. */
export function strangerOf(status: number): Refusal {
  return { status, reason: "something else than the hub answered: sign in again", wait: undefined };
}

/** Whether the hub itself asks for a token: a proxy whose sign-in has run out answers 401 as well. */
export function isTokenWanted({ status, headers }: Response): boolean {
  if (status !== 401 || headers.get("Content-Type")?.startsWith("text/html") === true) return false;
  return /\bBearer\b/i.test(headers.get("WWW-Authenticate") ?? "");
}

/** Reads the body of an answer that is an error, or not the hub's. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const { status, headers } = response;
  const wait = retryAfter(headers.get("Retry-After"));
  const refused = headers.get("SSE-Refused");
  if (refused !== null) return { status, reason: refusedText(refused), wait };
  if (response.ok) return strangerOf(status);
  if (isTokenWanted(response)) return { status, reason: "the hub asks for a token", wait };
  const error = parseObject(await response.text().catch(() => ""))?.error;
  if (status !== 401 && typeof error === "string") return { status, reason: error, wait };
  if (status === 401 || status === 403)
    return { status, reason: `this page may not read here (${status}): sign in again`, wait };
  if (status >= 502 && status <= 504)
    return { status, reason: `a proxy cannot reach the hub (${status})`, wait };
  return { status, reason: `the answer was ${status}`, wait };
}

/** The header SSE-Refused, for people. */
export function refusedText(refused: string): string {
  switch (refused) {
    case "full":
      return "the hub is full";
    case "draining":
      return "the hub is stopping";
    case "rate":
      return "too many streams were opened from here";
    default:
      return `the hub refused the stream (${refused})`;
  }
}

/** In milliseconds. The field's other form, a date, is not looked at: it needs two clocks that agree. */
function retryAfter(text: string | null): number | undefined {
  return text !== null && /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : undefined;
}
