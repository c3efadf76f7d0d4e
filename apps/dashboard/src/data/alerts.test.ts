import { beforeEach, expect, test } from "vitest";

import { AlertBook, type AlertChange } from "./alerts";
import { LimitStore, NO_LIMITS } from "./limits";
import { type NotificationPorts, Notifier } from "./notifier";
import { Series } from "./series";
import { KeyStore } from "./storage";

let book: AlertBook;
let limits: LimitStore;
let cpu: Series;

beforeEach(() => {
  book = new AlertBook();
  limits = new LimitStore(new KeyStore(undefined));
  limits.set("cpu", { ...NO_LIMITS, above: 90 });
  cpu = new Series({ id: "1", name: "cpu", period: 1_000 }, 100);
});

const look = (now: number) =>
  book.look([cpu], limits, now).map(({ alert, isOver }) => `${alert.kind}${isOver ? " over" : ""}`);

test("an alert begins once, however many readings are beyond the limit, and ends once", () => {
  cpu.add(1_000, 50);
  expect(look(1_000)).toEqual([]);
  cpu.add(2_000, 95);
  expect(look(2_000)).toEqual(["above"]);
  cpu.add(3_000, 99);
  expect(look(3_000)).toEqual([]);
  expect(book.all).toMatchObject([{ name: "cpu", kind: "above", value: 95, since: 2_000 }]);
  cpu.add(4_000, 50);
  expect(look(4_000)).toEqual(["above over"]);
  expect(book.all).toEqual([]);
});

test("a metric that falls silent is an alert, and a limit counts more than silence", () => {
  cpu.add(1_000, 50);
  expect(look(10_000)).toEqual(["silent"]);
  limits.set("cpu", { ...NO_LIMITS, above: 40 });
  expect(look(11_000)).toEqual(["above"]);
  cpu.add(12_000, 1);
  expect(look(12_000)).toEqual(["above over"]);
});

test("the list is the same until something changes, and has limits in front", () => {
  const other = new Series({ id: "2", name: "disk", period: 1_000 }, 10);
  other.add(1_000, 1);
  cpu.add(9_500, 99);
  book.look([other, cpu], limits, 10_000);
  const before = book.all;
  book.look([other, cpu], limits, 10_100);
  expect(book.all).toBe(before);
  expect(before.map(({ name }) => name)).toEqual(["cpu", "disk"]);
});

test("amber that becomes red is another alert, and stands in front of amber and of silence", () => {
  limits.set("cpu", { ...NO_LIMITS, warnAbove: 70, above: 90 });
  limits.set("disk", { ...NO_LIMITS, warnBelow: 10 });
  const disk = new Series({ id: "2", name: "disk", period: 0 }, 10);
  const silent = new Series({ id: "3", name: "sensor", period: 1_000 }, 10);
  silent.add(1_000, 1);
  disk.add(2_000, 5);
  cpu.add(9_000, 80);
  const all = [silent, disk, cpu];
  book.look(all, limits, 9_500);
  expect(book.all.map(({ name, level }) => `${name} ${level}`)).toEqual([
    "disk warn",
    "cpu warn",
    "sensor warn",
  ]);
  cpu.add(9_600, 95);
  const changes = book.look(all, limits, 9_700);
  expect(changes).toMatchObject([{ alert: { name: "cpu", level: "bad" }, isOver: false }]);
  expect(book.all.map(({ name, level }) => `${name} ${level}`)).toEqual([
    "cpu bad",
    "disk warn",
    "sensor warn",
  ]);
});

test("a metric that is deleted has no alert any more, without a word", () => {
  cpu.add(1_000, 99);
  look(1_000);
  expect(book.look([], limits, 1_500)).toEqual([]);
  expect(book.all).toEqual([]);
});

class FakeNotifications implements NotificationPorts {
  answer: NotificationPermission = "default";
  hidden = true;
  asked = 0;
  shown: string[] = [];
  permission = () => this.answer;
  ask = () => {
    this.asked += 1;
    this.answer = "granted";
    return Promise.resolve(this.answer);
  };
  show = (title: string, _body: string, tag: string) => void this.shown.push(`${tag}: ${title}`);
  isHidden = () => this.hidden;
}

const change = (isOver: boolean): AlertChange => ({
  alert: { id: "1", name: "cpu", kind: "above", level: "bad", value: 95, since: 0 },
  isOver,
});

test("nothing is asked of the user on load, and nothing told before the button was pressed", async () => {
  const browser = new FakeNotifications();
  const notifier = new Notifier(browser, new KeyStore(undefined));
  notifier.tell([change(false)]);
  expect(browser).toMatchObject({ asked: 0, shown: [] });
  await notifier.turnOn();
  notifier.tell([change(false)]);
  notifier.tell([change(true)]);
  expect(browser.shown).toEqual(["1: cpu is above its limit: 95", "1: cpu is within its limits again"]);
  notifier.tell([{ alert: { ...change(false).alert, level: "warn" }, isOver: false }]);
  expect(browser.shown.at(-1)).toBe("1: cpu is above its amber limit: 95");
});

test("a page that is seen tells nothing", async () => {
  const browser = new FakeNotifications();
  const notifier = new Notifier(browser, new KeyStore(undefined));
  await notifier.turnOn();
  browser.hidden = false;
  notifier.tell([change(false)]);
  notifier.tellConnection(true, "");
  expect(browser.shown).toEqual([]);
});

test("the wish is remembered, and counts only as long as the browser allows it", async () => {
  const kept = new Map<string, string>();
  const storage = new KeyStore({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
  const browser = new FakeNotifications();
  await new Notifier(browser, storage).turnOn();
  const again = new Notifier(browser, storage);
  expect(again.isOn).toBe(true);
  browser.answer = "denied";
  expect(again.isOn).toBe(false);
  expect(again.obstacle).toContain("blocked");
  again.turnOff();
  expect(kept.size).toBe(0);
});
