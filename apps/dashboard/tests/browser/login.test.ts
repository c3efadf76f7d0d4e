import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { Hub, until } from "../support/hub";
import { connected, connectionSays } from "../support/page";
import { Stage } from "../support/stage";

const directory = mkdtempSync(join(tmpdir(), "sse-login-"));
const file = join(directory, "tokens.toml");

afterAll(() => rmSync(directory, { recursive: true }));

function addToken(id: string, ...rights: string[]): string {
  const words = ["token", "add", id, "--tokens", file, ...rights];
  return execFileSync(Hub.program, words, { encoding: "utf8" }).trim();
}

describe("a hub that asks for a token", () => {
  writeFileSync(file, "", { mode: 0o600 });
  const all = addToken("ann", "--publish", "#", "--subscribe", "#");
  const other = addToken("bob", "--subscribe", "ci/#");
  const rows = readFileSync(file, "utf8");
  const stage = Stage.forTests("--tokens", file);

  beforeEach(async () => {
    stage.hub.token = all;
    stage.forgiveFailedRequests(); // a browser writes each 401 to the console
    await stage.hub.createMetric("cpu");
  });

  async function logIn(page: Page, token: string): Promise<void> {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  test("is asked with a token once; a reload needs none, and no script can read what is kept", async () => {
    const page = await stage.open();
    await page.getByRole("heading", { name: "This hub asks for a token" }).waitFor();
    await connectionSays(page, "logged out");
    expect(await page.getByText("cpu").count()).toBe(0);

    await logIn(page, "sse_ann_" + "A".repeat(43));
    await page.getByText("the credential is not valid here").waitFor();
    await logIn(page, all);
    await page.getByRole("link", { name: "cpu" }).waitFor();
    await page.getByText("token:ann").waitFor();
    await connected(page);

    await page.reload();
    await page.getByRole("link", { name: "cpu" }).waitFor();
    await connected(page);
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
    expect(await page.evaluate(() => document.cookie)).toBe("");
    expect(await page.evaluate((token) => document.documentElement.outerHTML.includes(token), all)).toBe(
      false,
    );
    const cookies = await page.context().cookies();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatchObject({
      name: `sse-${stage.hub.port}`,
      httpOnly: true,
      sameSite: "Strict",
    });
  });

  test("what the page writes is written by who is logged in", async () => {
    const page = await stage.open();
    await logIn(page, all);
    await page.getByRole("button", { name: "New metric" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("memory");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "memory" }).waitFor();
  });

  test("after a logout nothing is shown, in no tab, and another may log in", async () => {
    const page = await stage.open();
    await logIn(page, all);
    await page.getByRole("link", { name: "cpu" }).waitFor();
    await connected(page);
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.getByRole("link", { name: "cpu" }).waitFor();
    await page.bringToFront();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByText("You are logged out.").waitFor();
    expect(await page.getByText("cpu").count()).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
    await second.bringToFront();
    await second.reload();
    await second.getByRole("heading", { name: "This hub asks for a token" }).waitFor();

    await page.bringToFront();
    await logIn(page, other);
    await page.getByText("token:bob").waitFor();
    expect(await page.getByText("cpu").count()).toBe(0);
  });

  test("a token that is taken away while one looks ends what one sees", async () => {
    const page = await stage.open();
    await logIn(page, all);
    await page.getByRole("link", { name: "cpu" }).waitFor();
    await connected(page);
    execFileSync(Hub.program, ["token", "revoke", "ann", "--tokens", file]);
    onTestFinished(() => writeFileSync(file, rows));
    stage.hub.signal("SIGHUP");
    // The hub asks for half a minute's patience, and we have none.
    await page.getByRole("button", { name: "Now" }).click();
    await page.getByRole("heading", { name: "This hub asks for a token" }).waitFor();
    await until(async () => (await page.context().cookies()).length === 0);
  });

  test("the sign-in of a proxy that has run out is not the hub's: the page is loaded again", async () => {
    const page = await stage.open();
    await logIn(page, all);
    await page.getByRole("link", { name: "cpu" }).waitFor();
    await connected(page);
    const site = /\/(session|metrics|events\/watch)/;
    await page.route(site, (route) =>
      route.fulfill({ status: 401, contentType: "text/html", body: "<h1>Sign in</h1>" }),
    );
    await page.evaluate(() => location.reload());
    await page.getByText("this page may not read here (401): sign in again").first().waitFor();
    expect(await page.getByRole("heading", { name: "This hub asks for a token" }).count()).toBe(0);
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Reload the page" }).click();
    await loaded;
    await page.unroute(site); // as signed in again
    await page.getByRole("link", { name: "cpu" }).waitFor();
    await connected(page);
  });

  test("the events of a session are followed, and a logout ends that, too", async () => {
    const page = await stage.open("#/events");
    await logIn(page, all);
    await page.getByText("token:ann").waitFor();
    await stage.hub.publish("note", "ci/web", { text: "seen" });
    await page.getByText("ci/web").first().waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "This hub asks for a token" }).waitFor();
    expect(await page.getByText("ci/web").count()).toBe(0);
  });
});
