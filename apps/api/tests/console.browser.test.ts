/**
 * The console in a real browser, on a desk and on a phone, by role: a person sees why nothing moves, gives a code, stops everything, settles an
 * unknown. Nothing is fetched from elsewhere, and no secret is in anything that the browser receives.
 */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { API_ROLES, OUTCOME_CODES, REST_CAUSES } from "@linkup-queue/contracts";
import { ACCOUNT_STATES, CAMPAIGN_REASONS, STALL_CAUSES } from "@linkup-queue/queue";
import { describe, expect, test } from "vitest";
import { ADDRESSES, type Browsers, type ConsoleSystem, fillConsole, picture, unknownJob, WIDTHS, type Width } from "./console-system.ts";
import { SECRETS } from "./fixture.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];

/** An element of a page into which a plot was drawn. */
type Plotted = { dataset: { points: string }; plot: { data: [number[]]; scales: { x: { min: number; max: number } } } };
/** Words that are told in sentences; those that are words of English, too, are looked for by nobody. */
const CODES: ReadonlySet<string> = new Set(
  [...OUTCOME_CODES, ...REST_CAUSES, ...CAMPAIGN_REASONS, ...STALL_CAUSES, ...ACCOUNT_STATES].filter((code) => code.includes("_")),
);

type Covered = { fromMs: number; bucketMs: number; columns: number; scale: { min: number; max: number }; last: number };

let system: ConsoleSystem;
let browsers: Browsers;
let unknown: string;

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  unknown = await fillConsole(system);
}

inConsole({ prepare }, () => {
  test("a browser at the door is sent to the console, asked who it is, and let in by name and secret alone", async () => {
    const page = await browsers.visit();
    await page.goto("/");
    expect(page.url()).toContain("/console/sign-in");
    expect(await page.getByRole("button", { name: "Stop everything" }).count()).toBe(0);
    await page.getByLabel("Name of your token").fill("the-admin");
    await page.getByLabel("Its secret").fill("not-the-secret-of-admin");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("No token has this name and secret.").waitFor();
    await page.goto("/console/accounts");
    await page.getByLabel("Name of your token").fill("the-viewer");
    await page.getByLabel("Its secret").fill(SECRETS.viewer);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/console/accounts");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Its secret").waitFor();
    await page.goto("/console");
    expect(page.url()).toContain("/console/sign-in");
  });

  describe.each(WIDTH_NAMES)("at the width of a %s", (width) => {
    test("Now says what needs a person, and the window, queues and workers, as they are", async () => {
      const page = await browsers.signedIn("admin", "/console", { width });
      for (const title of ["Needs a person", "Window", "Last 24 hours", "Queues", "Workers"]) {
        await page.getByRole("heading", { name: title }).waitFor();
      }
      await page.getByText("needs a code").first().waitFor();
      expect(await page.locator(".plot canvas").count()).toBe(2);
      for (const plot of await page.locator(".plot").all()) {
        const covered = await plot.evaluate((element) => {
          const { dataset, plot } = element as unknown as Plotted;
          return { ...JSON.parse(dataset.points), columns: plot.data[0].length, scale: plot.scales.x, last: plot.data[0].at(-1) };
        });
        const { fromMs, bucketMs, columns, scale, last } = covered as Covered;
        // The newest column, which is not over, is drawn up to its end.
        expect(last * 1_000 + bucketMs).toBe(fromMs + columns * bucketMs);
        expect(scale).toMatchObject({ min: fromMs / 1_000, max: last + bucketMs / 1_000 });
      }
      const worker = page.getByRole("row").filter({ hasText: `${hostname()}, pid ${process.pid}` });
      await worker.getByText("alive").waitFor();
      expect(await worker.locator('td[data-label="version"]').textContent()).toMatch(/^\d+\.\d+\.\d+/);
      expect(await worker.locator('td[data-label="calls out"]').textContent()).toBe("0");
      await picture(page, `console-now-${width}.png`);
    });
  });

  test("without a script everything is read, and everything is stopped and opened again", async () => {
    const page = await browsers.signedIn("admin", "/console", { width: "phone", script: false });
    for (const address of ADDRESSES) {
      expect((await page.goto(address))?.status(), address).toBe(200);
      expect(await page.locator("h1").textContent(), address).not.toBe("");
      // Choices of a form and names of fields are the HTTP API's own.
      const text = ((await page.locator("main").textContent()) ?? "").split(/\s+/);
      if (!/system|~again|~cancel|[?]/.test(address))
        expect(
          text.filter((word) => CODES.has(word.replaceAll(/[^\w]/g, ""))),
          address,
        ).toEqual([]);
    }
    await page.getByRole("link", { name: "Stop everything" }).click();
    await page.getByRole("button", { name: "Stop everything" }).click();
    await page.getByText("Stopped: nothing leaves; jobs wait, free.").waitFor();
    expect((await system.api.engine.keys.read()).state).toBe("stopped");
    await page.locator("header").getByText("by the-admin").waitFor();
    await page.getByRole("link", { name: "Open again" }).click();
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("Open: calls leave again.").waitFor();
    expect((await system.api.engine.keys.read()).state).toBe("open");
  });

  test("a page that is open follows what changes: the stop of another, and an account that is paused", async () => {
    const page = await browsers.signedIn("viewer");
    await page.locator("header .state", { hasText: "open" }).waitFor();
    await system.api.call("admin", "POST /v1/key/pause");
    await page.locator("header").getByText("STOPPED").waitFor();
    await page.getByText("Nothing leaves: stopped by hand").waitFor();
    await system.api.call("admin", "POST /v1/key/resume");
    await page.locator("header .state", { hasText: "open" }).waitFor();
    await page.goto("/console/accounts/ada");
    await page.locator("header").getByText("as of").waitFor();
    await page.getByText("● active").waitFor();
    await system.api.call("admin", "POST /v1/accounts/ada/pause");
    await page.getByText("○ paused").waitFor();
    await system.api.call("admin", "POST /v1/accounts/ada/resume");
    await page.getByText("● active").waitFor();
  });

  test("a page whose script for streams comes late follows all the same", async () => {
    const page = await browsers.visit();
    await page.route("**/console/files/htmx-sse.js", async (route) => {
      await sleep(500);
      await route.continue();
    });
    await browsers.signIn(page, "viewer");
    const stream = page.waitForRequest(/\/console\/stream\?page=now/);
    await page.goto("/console");
    await stream;
  });

  test("an unknown write is settled by hand: it happened, or it is sent again after one more question", async () => {
    const second = await unknownJob(system, 4);
    const page = await browsers.signedIn("producer", "/console/unknown");
    await page.getByText("2 such writes").waitFor();
    await picture(page, "console-unknown.png");
    const row = page.locator("li", { hasText: "person-2" });
    await row.getByRole("button", { name: "It happened" }).click();
    await page.getByText("Noted: it happened. Nothing is sent.").waitFor();
    // It was said, and the address that is kept says it no more.
    await page.waitForURL("/console/unknown");
    const { body } = await system.api.call("viewer", `GET /v1/jobs/${unknown}`);
    expect(body).toMatchObject({ outcome: { status: "unknown", resolved: { happened: true, by: "the-producer" } } });
    // A write that happened is not offered to be done again.
    await page.goto(`/console/jobs/messages/${unknown}`);
    await page.getByText("said", { exact: false }).first().waitFor();
    expect(await page.getByRole("link", { name: "Do it again" }).count()).toBe(0);
    await page.goto("/console/unknown");
    await page.locator("li", { hasText: "person-4" }).getByRole("link", { name: "send again" }).click();
    await page.getByText("It may arrive twice.").waitFor();
    await page.getByRole("button", { name: "send again" }).click();
    await page.getByText("It is sent again, as a new job.").waitFor();
    await page.getByText("There is nothing to look at.").waitFor();
    expect(await system.outcomeOf(`${second}~2`)).toMatchObject({ status: "succeeded" });
  });

  test("a stream brings each role the forms that it may use, without the token of a session", async () => {
    for (const role of API_ROLES) {
      const told = await browsers.streamed(role, { page: "now", until: "Workers" });
      expect(told).toContain("needs a code");
      expect(told.includes("/console/do/give-code"), role).toBe(role === "admin");
      expect(told, role).not.toContain("csrf");
    }
  });

  // Ends the wait for a code, which the tests above look at.
  test("a code is given in the row of its account: a wrong one is told, the right one lets the account work", async () => {
    const page = await browsers.signedIn("admin");
    const field = page.getByLabel("code for carl");
    await page.getByText("LinkedIn sent the member a code; give it here").waitFor();
    await field.fill("000000");
    await field.press("Enter");
    await page.getByText("LinkedIn did not take the code").waitFor();
    // Since then the row is the stream's, and it was not on the page as it was loaded.
    await field.fill(system.code);
    await field.press("Enter");
    await system.accountIs("carl", "active");
    await page.locator(".said", { hasText: "The code is being tried" }).waitFor();
    await page.getByLabel("code for carl").waitFor({ state: "detached" });
  });

  test("a form without its token, from elsewhere, or for another role changes nothing", async () => {
    const page = await browsers.signedIn("viewer");
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const csrf = (await page.locator("footer input[name=csrf]").getAttribute("value")) ?? "";
    const send = async (headers: Record<string, string>, body: Record<string, string>, path = "do/stop") =>
      (
        await fetch(`${system.api.api.url}/console/${path}`, {
          method: "POST",
          redirect: "manual",
          headers,
          body: new URLSearchParams(body),
        })
      ).status;
    const here = { "sec-fetch-site": "same-origin" };
    expect(await send({ cookie, ...here }, { csrf })).toBe(403);
    expect(await send({ cookie, "sec-fetch-site": "cross-site" }, { csrf })).toBe(403);
    expect(await send({ cookie, ...here }, { csrf: "x" }, "sign-out")).toBe(403);
    expect(await send(here, { csrf })).toBe(401);
    const admin = await browsers.signedIn("admin");
    const theirs = (await admin.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    expect(await send({ cookie: theirs, ...here }, { csrf })).toBe(403);
    expect((await system.api.engine.keys.read()).state).toBe("open");
  });

  test("all of that asked nothing of other servers, and received no secret, in no page and in no stream", async () => {
    const { seen } = browsers;
    expect(seen.requested.length).toBeGreaterThan(50);
    expect(seen.requested.filter((url) => !url.startsWith(`${system.api.api.url}/`) && !url.startsWith("data:"))).toEqual([]);
    expect(seen.said.filter((text) => /Content Security Policy|^error/.test(text))).toEqual([]);
    const received = seen.bodies.join("\n") + seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });
});
