import { beforeEach, expect, test } from "vitest";

import { FakePorts, json, tokenWanted } from "../testing/fake_ports";
import { eventId } from "../testing/ids";
import { Access } from "./access";
import { Frames } from "./frames";
import { LiveMetrics } from "./live_metrics";
import { followAccess } from "./page_life";

const CPU = { id: "1", name: "cpu", input_frequency: 1_000_000_000, readings: [] };
const ANN = { principal: "token:ann", publish: ["#"], subscribe: ["#"], session: true };
const ANYONE = { principal: "anonymous", publish: [], subscribe: [] as string[], session: false };

let ports: FakePorts;
let access: Access;
let live: LiveMetrics;
let who: object;

beforeEach(() => {
  ports = new FakePorts();
  who = ANYONE;
  ports.answer = (url) => {
    if (url === "session") return Promise.resolve(json(who));
    if (who === ANYONE) return Promise.resolve(tokenWanted("a token"));
    return Promise.resolve(json([CPU], { "SSE-Cursor": eventId(1) }));
  };
  access = new Access(ports);
  const watched = access.watched();
  live = new LiveMetrics(watched, new Frames(watched));
});

function begin(): Promise<void> {
  live.show();
  followAccess(live, access);
  return ports.pass(0);
}

const snapshots = () => ports.requests.filter(({ url }) => url.includes("with_readings")).length;

test("a page that is asked for a token asks nothing more until it has one", async () => {
  await begin();
  expect(live.connection.phase).toBe("locked");
  const asked = ports.requests.length;
  await ports.pass(120_000);
  live.hide();
  live.show();
  await ports.pass(60_000);
  expect(ports.requests.length).toBe(asked);
  expect(live.connection.phase).toBe("locked");

  who = ANN;
  await access.logIn("sse_ann_x");
  await ports.pass(0);
  expect(live.connection.phase).toBe("connecting");
  expect(live.store.all.map(({ name }) => name)).toEqual(["cpu"]);
});

test("a page that is logged in loads once", async () => {
  who = ANN;
  await begin();
  expect(snapshots()).toBe(1);
  await access.check();
  await ports.pass(0);
  expect(snapshots()).toBe(1);
});

test("a logout takes what was shown from the page", async () => {
  who = ANN;
  await begin();
  ports.source.open();
  expect(live.store.all).toHaveLength(1);
  await access.logOut();
  expect(live.store.all).toHaveLength(0);
  expect(ports.openStreams).toBe(0);
  expect(live.connection.phase).toBe("locked");
});

test("a stream that was refused has the hub asked why", async () => {
  who = ANN;
  await begin();
  ports.source.open();
  ports.source.closing("revoked", 30);
  expect(live.connection).toMatchObject({
    phase: "waiting",
    reason: "the token or the session is no longer valid",
  });
  who = ANYONE;
  await ports.pass(30);
  ports.source.fail({ status: 401 });
  await ports.pass(0);
  expect(live.connection.phase).toBe("locked");
});

test("another principal has another snapshot", async () => {
  who = ANN;
  await begin();
  who = { ...ANN, principal: "token:bob" };
  await access.check();
  await ports.pass(0);
  expect(snapshots()).toBe(2);
});
