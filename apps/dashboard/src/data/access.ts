import type { Ports } from "./ports";
import { isTokenWanted } from "./refusal";
import { asObject } from "./rows";
import { Signal } from "./signal";
import type { Outcome } from "./writes";

/** Whom the hub takes the page for. */
export interface Principal {
  id: string;
  /** No token and no session: what everybody may. */
  anonymous: boolean;
  /** The browser has a session's cookie, which a logout ends. */
  session: boolean;
  /** The hub asks for no tokens: everybody may do everything. */
  everybody: boolean;
}

export type AccessState =
  /** The hub has not answered yet. */
  | { phase: "unknown" }
  | { phase: "in"; who: Principal }
  /** The hub wants a token. */
  | { phase: "out"; why: string };

/**
 * Who the page is to the hub. A token is sent once, to open a session; from then on the browser's cookie says
 * who asks. No script can read that cookie, and the token is kept nowhere.
 */
export class Access {
  state: AccessState = { phase: "unknown" };
  /** The state is another. */
  readonly changed = new Signal();

  constructor(private readonly ports: Ports) {}

  /** The same door to the browser, but a hub that asks for a token locks the page. */
  watched(): Ports {
    return {
      ...this.ports,
      fetch: async (url, init) => {
        const response = await this.ports.fetch(url, init);
        if (isTokenWanted(response)) this.refused();
        return response;
      },
    };
  }

  /** The hub does not take the page for anybody any more. */
  refused(why = ""): void {
    if (this.state.phase !== "out") this.become({ phase: "out", why });
  }

  /** Asks the hub. Keeps the state when there is no answer to use. */
  async check(): Promise<void> {
    // A cookie that is no longer valid is dropped with the first answer: without it one may be anonymous.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const response = await this.ports.fetch("session", { cache: "no-store" }).catch(() => undefined);
      if (response && isTokenWanted(response)) continue;
      if (response?.ok) this.take(await response.json().catch(() => undefined));
      return;
    }
    this.refused();
  }

  async logIn(token: string): Promise<Outcome> {
    try {
      const response = await this.ports.fetch("session", {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
      });
      const answer = asObject(await response.json().catch(() => undefined));
      if (response.ok) {
        this.take(answer);
        return { ok: true, id: "" };
      }
      const error = typeof answer?.error === "string" ? answer.error : `the hub answered ${response.status}`;
      return { ok: false, field: "token", message: error };
    } catch {
      return { ok: false, field: "", message: "the hub cannot be reached" };
    }
  }

  /** Ends the session, and with it the streams of all tabs of this browser. */
  async logOut(): Promise<void> {
    const response = await this.ports.fetch("session", { method: "DELETE" }).catch(() => undefined);
    if (response === undefined) return; // still logged in
    this.refused("You are logged out.");
  }

  private take(json: unknown): void {
    const who = principal(json);
    if (!who) return;
    if (who.mayRead) this.become({ phase: "in", who });
    else if (who.anonymous) this.refused();
    else this.refused(`${who.id} may not read anything here.`);
  }

  private become(state: AccessState): void {
    this.state = state;
    this.changed.emit();
  }
}

function principal(json: unknown): (Principal & { mayRead: boolean }) | undefined {
  const object = asObject(json);
  if (typeof object?.principal !== "string") return undefined;
  const publish = Array.isArray(object.publish) ? object.publish : [];
  const subscribe = Array.isArray(object.subscribe) ? object.subscribe : [];
  const anonymous = object.principal === "anonymous";
  return {
    id: object.principal,
    anonymous,
    session: object.session === true,
    everybody: anonymous && publish.includes("#") && subscribe.includes("#"),
    mayRead: subscribe.length > 0,
  };
}
