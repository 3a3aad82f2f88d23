/** Changes that admins and makers of campaigns make by clicking; a viewer sees none of these buttons. At both widths. */
import { readFileSync } from "node:fs";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { type Browsers, type ConsoleSystem, fillConsole, tooWideBy, WIDTHS, type Width } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];

let system: ConsoleSystem;
let browsers: Browsers;

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  await fillConsole(system);
}

const done = async (page: Page, words: string) => await page.locator(".said", { hasText: words }).waitFor();
const stateOf = async (id: string) => (await system.api.engine.campaigns.read(id))?.state;

inConsole({ prepare }, () => {
  test.each(WIDTH_NAMES)("at the width of a %s, an account is paused and taken back to work", async (width) => {
    const page = await browsers.signedIn("admin", "/console/accounts/ada", { width, script: false });
    await page.getByRole("button", { name: "Pause" }).click();
    await done(page, "Paused: its jobs wait.");
    expect((await system.api.engine.accounts.read("ada"))?.state).toBe("disabled");
    await page.getByRole("button", { name: "Resume" }).click();
    await done(page, "Taken back to work.");
    await system.accountIs("ada", "active");
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  });

  test.each(WIDTH_NAMES)("at the width of a %s, urgent jobs are let pass a rule, and the rule holds again", async (width) => {
    const page = await browsers.signedIn("admin", "/console/accounts/ada", { width, script: false });
    await page.getByLabel("rule").selectOption("hours");
    await page.getByLabel("for", { exact: true }).selectOption("2");
    await page.getByRole("button", { name: "Let urgent jobs pass" }).click();
    await page.getByText("urgent jobs pass its hours until").waitFor();
    await page.getByLabel("for", { exact: true }).selectOption("0");
    await page.getByRole("button", { name: "Let urgent jobs pass" }).click();
    await done(page, "Taken");
    expect((await system.api.engine.accounts.read("ada"))?.overrides).toEqual([]);
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  });

  test.each(WIDTH_NAMES)(
    "at the width of a %s, an account gets another password and logs in with it, and is removed after one more question",
    async (width) => {
      const id = `leo-${width}`;
      const password = `a-first-password-${width}`;
      await system.api.as("admin").registerAccount({ id, email: `${id}@example.com`, password });
      await system.accountIs(id, "active");
      const before = (await system.api.engine.accounts.read(id))?.epoch ?? 0;
      const page = await browsers.signedIn("admin", `/console/accounts/${id}`, { width, script: false });
      await page.locator('input[name="email"]').fill(`${id}@example.com`);
      await page.locator('input[name="password"]').fill(`another-password-${width}`);
      await page.getByRole("button", { name: "Log in with these" }).click();
      await done(page, "a worker logs in with it");
      await waitFor(() => system.api.engine.accounts.read(id), {
        what: "another log-in",
        until: (account) => account?.state === "active" && account.epoch > before,
      });
      await page.getByRole("link", { name: "Remove the account" }).click();
      await page.getByText("Its secrets are forgotten.").waitFor();
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      await page.getByRole("button", { name: `Remove ${id}` }).click();
      await done(page, "Removed");
      expect(await system.api.engine.accounts.read(id)).toBeNull();
    },
  );

  test.each(WIDTH_NAMES)("at the width of a %s, a campaign is resumed, and cancelled after one more question", async (width) => {
    const campaignId = `autumn-${width}`;
    const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello" };
    const startAt = fromNow(86_400_000).toISOString();
    const producer = system.api.as("producer");
    await producer.createCampaign({ campaignId, name: "Autumn", operation: "message.send", accountIds: ["carl"], input, startAt });
    const recipients = [{ id: `person-${width}`, fields: { linkedin_url: `https://www.linkedin.com/in/autumn-${width}` } }];
    await system.api.engine.campaigns.accept(campaignId, { accountIds: ["carl"], recipients, revision: 1, offset: 0 });
    for (const step of ["start", "pause"])
      expect((await system.api.call("producer", `POST /v1/campaigns/${campaignId}/${step}`)).status).toBeLessThan(300);
    const page = await browsers.signedIn("producer", `/console/campaigns/${campaignId}`, { width, script: false });
    await page.getByText("by a person").first().waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await done(page, "Resumed.");
    expect(await stateOf(campaignId)).toMatch(/^(running|scheduled)$/);
    await page.getByRole("link", { name: "Cancel" }).click();
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    await page.getByLabel("Its name").fill("Spring");
    await page.locator("main").getByRole("button", { name: "Cancel Autumn" }).click();
    await page.getByText("The name that was typed is another one: nothing was changed").first().waitFor();
    expect(await stateOf(campaignId)).toMatch(/^(running|scheduled)$/);
    await page.goto(`/console/campaigns/${campaignId}/cancel`);
    await page.getByLabel("Its name").fill("Autumn");
    await page.locator("main").getByRole("button", { name: "Cancel Autumn" }).click();
    await done(page, "Cancelled");
    expect(await stateOf(campaignId)).toBe("cancelled");
  });

  test.each(WIDTH_NAMES)("at the width of a %s, a brake is taken off in the row that tells of it", async (width) => {
    // LinkUp itself refuses, whatever the account.
    await system.sandbox.scenario({ next: [{ status: 404, body: { detail: "Not Found" }, operation: "profile.scrape", times: 1 }] });
    const input = { linkedin_url: `https://www.linkedin.com/in/braked-${width}` };
    await system.api.as("producer").addJob({ operation: "profile.scrape", accountId: "ada", input });
    await waitFor(async () => (await system.api.engine.keys.read()).brakes.length, { what: "the brake", until: (count) => count === 1 });
    const viewer = await browsers.signedIn("viewer", "/console", { width });
    await viewer.getByText("LinkUp itself refuses profile.scrape").first().waitFor();
    expect(await viewer.getByRole("button", { name: "Take the brake off" }).count()).toBe(0);
    const page = await browsers.signedIn("admin", "/console", { width, script: false });
    await page.getByRole("button", { name: "Take the brake off" }).click();
    await done(page, "Taken off: its jobs go on.");
    expect((await system.api.engine.keys.read()).brakes).toEqual([]);
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  });

  test("the accounts that a filter means are a table to download, without a script", async () => {
    const page = await browsers.signedIn("viewer", "/console/accounts?state=needs", { script: false });
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download CSV" }).click()]);
    expect(file.suggestedFilename()).toBe("accounts.csv");
    expect(readFileSync(await file.path(), "utf8").split("\n")).toEqual([
      expect.stringMatching(/^account,state,why/),
      expect.stringMatching(/^carl,awaiting code,/),
      "",
    ]);
  });

  test("a viewer sees no button of these, and opens none of their pages", async () => {
    const page = await browsers.signedIn("viewer", "/console/accounts/ada");
    for (const address of ["/console/accounts/ada", "/console/accounts/carl", "/console/campaigns/spring"]) {
      await page.goto(address);
      await page.locator("h1").waitFor();
      expect(await page.locator("main form[method=post]").count(), address).toBe(0);
      for (const name of ["Remove the account", "Cancel"]) expect(await page.getByRole("link", { name }).count(), name).toBe(0);
    }
    for (const path of ["accounts/ada/remove", "campaigns/spring/cancel"]) {
      expect((await page.goto(`/console/${path}`))?.status(), path).toBe(404);
    }
  });

  test("no page of it holds a secret", () => {
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of [...system.secrets, "another-password", "a-first-password"]) expect(received).not.toContain(secret);
  });
});
