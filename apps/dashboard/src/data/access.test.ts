import { beforeEach, expect, test } from "vitest";

import { FakePorts, json, tokenWanted } from "../testing/fake_ports";
import { Access } from "./access";
import { refusalOf } from "./refusal";

const ANN = { principal: "token:ann", publish: [], subscribe: ["#"], permissions: [], session: true };
const ANYONE = { ...ANN, principal: "anonymous", subscribe: [], session: false };

let ports: FakePorts;
let access: Access;
let changes: number;

beforeEach(() => {
  ports = new FakePorts();
  access = new Access(ports);
  changes = 0;
  access.changed.subscribe(() => (changes += 1));
});

/** What the hub answers, one after the other. */
function answers(...all: Response[]): void {
  ports.answer = () => Promise.resolve(all.shift() ?? json({ error: "no more" }, {}, 500));
}

test("who may read something is in, and who may not is asked for a token", async () => {
  answers(json(ANN));
  await access.check();
  expect(access.state).toMatchObject({
    phase: "in",
    who: { id: "token:ann", session: true, everybody: false },
  });
  answers(json({ ...ANYONE, subscribe: ["public/#"] }));
  await access.check();
  expect(access.state).toMatchObject({ phase: "in", who: { anonymous: true } });
  answers(json(ANYONE));
  await access.check();
  expect(access.state).toEqual({ phase: "out", why: "" });
  answers(json({ ...ANN, subscribe: [] }));
  await access.logIn("x");
  expect(access.state.phase).toBe("out");
});

test("a hub that asks for no tokens lets everybody in", async () => {
  answers(json({ ...ANYONE, publish: ["#"], subscribe: ["#"] }));
  await access.check();
  expect(access.state).toMatchObject({ phase: "in", who: { anonymous: true, everybody: true } });
});

test("a cookie that does not count is dropped, and what everybody may is looked at", async () => {
  answers(tokenWanted("old"), json({ ...ANYONE, subscribe: ["#"] }));
  await access.check();
  expect(access.state).toMatchObject({ phase: "in", who: { anonymous: true } });
  answers(tokenWanted("old"), tokenWanted("old"));
  await access.check();
  expect(access.state.phase).toBe("out");
  expect(ports.requests).toHaveLength(4);
});

test("a hub that does not answer changes nothing", async () => {
  await access.check();
  answers(json({}, {}, 503), json("?"));
  await access.check();
  await access.check();
  expect(access.state.phase).toBe("unknown");
  expect(changes).toBe(0);
});

test("a request that is answered with 401 locks the page, once", async () => {
  answers(json([]), tokenWanted("x"), tokenWanted("x"));
  const watched = access.watched();
  await watched.fetch("metrics");
  expect(access.state.phase).toBe("unknown");
  const refused = await watched.fetch("metrics");
  expect(refused.status).toBe(401);
  await watched.fetch("metrics");
  expect(access.state.phase).toBe("out");
  expect(changes).toBe(1);
});

test("a token is sent once, as a bearer, and kept nowhere", async () => {
  answers(json(ANN, {}, 201), json(ANN));
  expect(await access.logIn("sse_ann_secret")).toEqual({ ok: true, id: "" });
  expect(access.state.phase).toBe("in");
  await access.check();
  expect(ports.requests[0]?.url).toBe("session");
  expect(ports.requests[0]?.init).toEqual({
    method: "POST",
    headers: { Authorization: "Bearer sse_ann_secret" },
  });
  expect(JSON.stringify(ports.requests.slice(1))).not.toContain("secret");
  expect(JSON.stringify(access.state)).not.toContain("secret");
});

test("a token that does not count is told at its field", async () => {
  answers(tokenWanted("the token expired"));
  expect(await access.logIn("x")).toEqual({ ok: false, field: "token", message: "the token expired" });
  expect(await new Access(new FakePorts()).logIn("x")).toMatchObject({ ok: false, field: "" });
  expect(access.state.phase).toBe("unknown");
});

test("a logout ends the session, and a hub that was not reached keeps it", async () => {
  answers(json(ANN));
  await access.check();
  ports.answer = () => Promise.reject(new TypeError("no network"));
  await access.logOut();
  expect(access.state.phase).toBe("in");
  answers(new Response(null, { status: 204 }));
  await access.logOut();
  expect(ports.requests.at(-1)).toMatchObject({ url: "session", init: { method: "DELETE" } });
  expect(access.state.phase).toBe("out");
});

test.each([
  ["another scheme", new Response("no", { status: 401, headers: { "WWW-Authenticate": "Basic" } })],
  ["no scheme", json({ error: "sign in" }, {}, 401)],
  [
    "a page",
    new Response("<form>", {
      status: 401,
      headers: { "Content-Type": "text/html; charset=utf-8", "WWW-Authenticate": "Bearer" },
    }),
  ],
])("a 401 of a proxy, with %s, is not the hub's", async (_what, refusal) => {
  answers(json(ANN));
  await access.check();
  ports.answer = () => Promise.resolve(refusal.clone());
  await access.watched().fetch("metrics");
  await access.check();
  expect(access.state).toMatchObject({ phase: "in", who: { id: "token:ann" } });
  expect((await refusalOf(refusal)).reason).toBe("this page may not read here (401): sign in again");
});
