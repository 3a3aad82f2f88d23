/** Campaigns in the console: all of them by filters, their recipients with text and outcome, one taken out, the table to download, an ended one deleted. */
import { readFile } from "node:fs/promises";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { type Browsers, type ConsoleSystem, picture, seriousOn, tooWideBy } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

let system: ConsoleSystem;
let browsers: Browsers;

const address = (number: number) => `https://www.linkedin.com/in/member-${number}`;

/** A campaign of messages by one account; `numbers`: of its recipients. */
async function make(id: string, { account = "ada", numbers }: { account?: string; numbers: readonly number[] }): Promise<void> {
  await system.api.as("producer").createCampaign({
    campaignId: id,
    name: `The ${id} one`,
    operation: "message.send",
    accountIds: [account],
    maxCredits: 50,
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi {{first_name|there}}" },
  });
  const recipients = numbers.map((number) => ({
    id: address(number),
    fields: { linkedin_url: address(number), first_name: `Name${number}`, team: "Blue" },
  }));
  await system.api.engine.campaigns.accept(id, { accountIds: [account], recipients, revision: 1, offset: 0 });
}

async function isEnded(id: string): Promise<void> {
  await waitFor(async () => (await system.api.engine.campaigns.read(id))?.state, {
    what: `${id} to end`,
    until: (state) => state === "ended",
  });
}

/** `done` has ended, one of its three was refused; `open` has started and waits for its account; `idle` is a draft. */
async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  await make("done", { numbers: [1, 2, 3] });
  await system.sandbox.scenario({ next: [{ status: 404, operation: "message.send" }] });
  await system.api.as("producer").startCampaign({ id: "done" });
  await isEnded("done");
  await make("open", { account: "carl", numbers: [11, 12] });
  await system.api.as("producer").startCampaign({ id: "open" });
  await make("idle", { numbers: [21, 22, 23] });
}

inConsole({ prepare }, () => {
  test("campaigns of each state are listed, the ended ones too, and filtered in the address without a script", async () => {
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("viewer", "/console/campaigns", { script: false, width });
      const names = async () => await page.locator("tbody th a").allTextContents();
      expect(await names()).toEqual(["The done one", "The idle one", "The open one"]);
      const done = page.getByRole("row").filter({ hasText: "The done one" });
      expect(await done.textContent()).toMatch(/ended.*all done.*3 of 3.*2 succeeded, 1 failed.*\d of 50.*ada/s);
      const show = async (label: string, value: string) => {
        await page.goto("/console/campaigns");
        const field = page.getByLabel(label, { exact: true });
        await ((await field.evaluate(({ tagName }) => tagName)) === "SELECT" ? field.selectOption(value) : field.fill(value));
        await page.getByRole("button", { name: "Show" }).click();
        return await names();
      };
      expect(await show("state", "ended")).toEqual(["The done one"]);
      expect(page.url()).toContain("state=ended");
      expect(await show("state", "not over")).toEqual(["The idle one", "The open one"]);
      expect(await show("sender", "carl")).toEqual(["The open one"]);
      expect(await show("operation", "invitation.send")).toEqual([]);
      expect(await show("name or id holds", "IDLE")).toEqual(["The idle one"]);
      expect(await page.getByRole("link", { name: "New campaign" }).count()).toBe(0);
    }
  });

  test("an account's card leads to the campaigns that it is in and that are not over", async () => {
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("viewer", "/console/accounts?find=carl", { script: false, width });
      await page.getByRole("listitem").filter({ hasText: "carl" }).getByRole("link", { name: "its campaigns" }).click();
      expect(await page.locator("tbody th a").allTextContents()).toEqual(["The open one"]);
    }
  });

  test("recipients are found by state and by words, with the text as it is filled, sender, time, outcome in words and the way to the job and the person", async () => {
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("viewer", "/console/campaigns/done", { script: false, width });
      await page.getByRole("link", { name: "Recipients" }).click();
      const rows = page.locator("tbody tr");
      expect(await rows.count()).toBe(3);
      if (width === "desk") await picture(page, "console-recipients.png");
      await page.getByLabel("state", { exact: true }).selectOption("failed");
      await page.getByRole("button", { name: "Show" }).click();
      expect(await rows.allTextContents()).toEqual([
        expect.stringMatching(/member-\d.*failed.*LinkedIn does not have this person or thing.*Hi Name\d.*ada/s),
      ]);
      await page.getByLabel("state", { exact: true }).selectOption("");
      await page.getByLabel("a field or the recipientId holds").fill("name2");
      await page.getByRole("button", { name: "Show" }).click();
      expect(await rows.count()).toBe(1);
      expect(new URL(page.url()).search).toBe("?state=&find=name2");
      await rows.getByText("Hi Name2").waitFor();
      // Whoever may not take a recipient out is not shown how.
      expect(await page.getByRole("button", { name: "Remove" }).count()).toBe(0);
      await rows.getByRole("button", { name: address(2) }).click();
      await page.getByText("1 job on this page").waitFor();
      await page.getByRole("row").getByRole("link", { name: "done" }).click();
      await page.getByRole("heading", { name: "The done one" }).waitFor();
      await page.getByRole("link", { name: "1", exact: true }).click();
      await page.getByText("1 recipient on this page.").waitFor();
      await rows.getByRole("link").last().click();
      await page.getByRole("heading", { name: /message\.send/ }).waitFor();
    }
  });

  test("a list of recipients goes on page by page, and each is told once", async () => {
    await make("many", { numbers: Array.from({ length: 120 }, (_none, at) => 1_000 + at) });
    const page = await browsers.signedIn("viewer", "/console/campaigns/many/recipients?find=blue", { script: false });
    const seen: string[] = [];
    for (;;) {
      seen.push(...(await page.locator("tbody th button").allTextContents()));
      const more = page.getByRole("link", { name: "Go on" });
      if ((await more.count()) === 0) break;
      await more.click();
    }
    expect(seen.sort()).toEqual(Array.from({ length: 120 }, (_none, at) => address(1_000 + at)).sort());
    await page.goto("/console/campaigns/many/recipients?state=unsent");
    await page.getByText("50 recipients on this page.").waitFor();
    await page.getByRole("link", { name: "Go on" }).click();
    await page.getByText("50 recipients on this page.").waitFor();
    expect(
      await page
        .getByRole("row")
        .filter({ hasText: address(1_050) })
        .count(),
    ).toBe(1);
  });

  test("a recipient of a draft is taken out by a producer, who has to mean it; a viewer can't", async () => {
    for (const [width, number] of [
      ["desk", 21],
      ["phone", 22],
    ] as const) {
      const page = await browsers.signedIn("producer", "/console/campaigns/idle/recipients", { script: false, width });
      const row = page.getByRole("row").filter({ hasText: address(number) });
      await row.getByLabel("never send to them").check();
      await row.getByRole("button", { name: "Remove" }).click();
      await page.locator(".said", { hasText: "Taken out" }).waitFor();
      expect(await row.count()).toBe(0);
    }
    const viewer = await signInToConsole(system.api.api.url, "viewer");
    expect((await viewer.send("remove-recipient", { id: "idle", recipientId: address(23) })).status).toBe(403);
    expect((await system.api.engine.campaigns.read("idle"))?.recipients).toMatchObject({ unsent: 1 });
    const { items } = (await system.api.call("admin", "GET /v1/audit")).body as { items: { what: string; via: string; target: string }[] };
    expect(items.find(({ via }) => via === "console")).toMatchObject({
      what: "DELETE /v1/campaigns/{id}/recipients/{recipientId}",
      target: "idle",
    });
    expect(JSON.stringify(items)).not.toContain("member-2");
  });

  test("a sequence's page tells how many are at each of its steps; its text is no single one to edit", async () => {
    const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello" };
    const steps = [
      { operation: "profile.scrape", input: { linkedin_url: "{{linkedin_url}}" } },
      { operation: "message.send", input, afterDays: [2, 4] },
    ];
    const made = await system.api.call("producer", "POST /v1/campaigns", {
      campaignId: "steps",
      name: "The steps",
      accountIds: ["ada"],
      steps,
    });
    expect(made.status).toBe(201);
    const page = await browsers.signedIn("producer", "/console/campaigns/steps", { script: false, width: "phone" });
    const rows = page.getByRole("table").filter({ hasText: "waiting" }).getByRole("row");
    expect((await rows.allTextContents()).slice(1)).toEqual([
      expect.stringContaining("1 profile.scrape"),
      expect.stringContaining("2 message.send"),
    ]);
    expect(await page.getByRole("link", { name: "List", exact: true }).count()).toBe(1);
    expect(await page.getByRole("link", { name: "Text", exact: true }).count()).toBe(0);
    expect(await system.api.call("producer", "PATCH /v1/campaigns/steps", { input })).toMatchObject({ status: 400 });
    await system.api.call("producer", "POST /v1/campaigns/steps/cancel");
  });

  test("a campaign's page tells who edited it and when, beside its states", async () => {
    await system.api.call("producer", "PATCH /v1/campaigns/idle", { name: "The idle one, edited" });
    const page = await browsers.signedIn("viewer", "/console/campaigns/idle", { script: false, width: "phone" });
    const log = page.getByRole("list", { name: "states, the latest first" }).getByRole("listitem");
    expect(await log.first().textContent()).toMatch(/edited revision 2, by the-producer/);
    expect(await log.last().textContent()).toContain("draft");
    await system.api.call("producer", "PATCH /v1/campaigns/idle", { name: "The idle one" });
  });

  test("a campaign's page tells each of its settings in words with what holds when it is left out, and its text as it was written, to whoever may read", async () => {
    const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}" };
    const made = await system.api.call("producer", "POST /v1/campaigns", {
      campaignId: "told",
      name: "The told one",
      operation: "message.send",
      accountIds: ["ada", "carl"],
      input,
      priority: "normal",
      maxCredits: 1_500,
      expiresAt: fromNow(86_400_000).toISOString(),
      handover: true,
      onUnknown: "reconcile",
      contactGapDays: 30,
      stopOnReply: true,
    });
    expect(made.status).toBe(201);
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("viewer", "/console/campaigns/told", { script: false, width });
      const said = async (name: string) =>
        await page
          .getByRole("row", { name: new RegExp(`^${name} `) })
          .locator("td")
          .allTextContents();
      expect(await said("operation")).toEqual(["message.send", "required"]);
      expect(await said("accounts")).toEqual(["2 accounts, which share the recipients", "required"]);
      expect(await said("priority")).toEqual([expect.stringMatching(/^normal: before bulk jobs/), "bulk"]);
      expect(await said("maxCredits")).toEqual(["1,500 credits at most, with those that are out", "no bound"]);
      expect(await said("startAt")).toEqual(["as soon as it is started", "as soon as it is started"]);
      expect(await said("expiresAt")).toEqual([expect.stringMatching(/^nothing is sent after \d+ \w+,? .*UTC$/), "never"]);
      expect(await said("handover")).toEqual(["yes: other accounts take over the share of one that is away", "no"]);
      expect(await said("onUnknown")).toEqual([expect.stringMatching(/^reconcile: .* is looked for on LinkedIn/), "report"]);
      expect(await said("contactGapDays")).toEqual([
        "nobody to whom any account wrote within 30 days",
        "as LINKUP_CONTACT_GAP_DAYS says: no gap",
      ]);
      expect(await said("stopOnReply")).toEqual(["yes: who answers is written to no more", "no; of a sequence yes"]);
      await page.locator("blockquote").getByText("Hello {{first_name|there}}", { exact: true }).waitFor();
      await page.getByText("Revision 1").waitFor();
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      await page.goto("/console/campaigns/idle");
      expect(await said("handover")).toEqual(["no: the share of an account that is away waits for it", "no"]);
      expect(await said("expiresAt")).toEqual(["never", "never"]);
    }
    const axe = await browsers.signedIn("viewer", "/console/campaigns/told", { csp: false });
    expect(await seriousOn(axe)).toEqual([]);
  });

  test("the results are downloaded as a table, with the list's columns and those never sent to", async () => {
    const page = await browsers.signedIn("viewer", "/console/campaigns/open/recipients", { script: false });
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download CSV" }).click()]);
    expect(file.suggestedFilename()).toBe("campaign-open.csv");
    await make("unsent", { numbers: [31] });
    const [other] = await Promise.all([
      page.waitForEvent("download"),
      page.goto("/console/campaigns/unsent/results.csv").catch(() => undefined),
    ]);
    const [head = "", row = ""] = (await readFile(await other.path(), "utf8")).split("\n");
    expect(head).toMatch(/^recipientId,status,.*first_name.*team/);
    expect(row).toMatch(new RegExp(`^${address(31)},unsent,.*Name31.*Blue`));
    const viewer = await signInToConsole(system.api.api.url, "viewer");
    expect((await viewer.page("/campaigns/none/results.csv")).status).toBe(404);
    expect((await fetch(`${system.api.api.url}/console/campaigns/open/results.csv`)).status).toBe(401);
  });

  test("an ended campaign is deleted by whoever types its name, and by nobody else", async () => {
    await make("old", { numbers: [41] });
    await system.api.as("producer").startCampaign({ id: "old" });
    await isEnded("old");
    const page = await browsers.signedIn("producer", "/console/campaigns/old", { script: false, width: "phone" });
    await page.getByRole("link", { name: "Delete" }).click();
    await page.getByLabel("to say that it is meant").fill("old");
    await page.getByRole("button", { name: "Delete The old one" }).click();
    await page.getByText("The name that was typed is another one").waitFor();
    expect(await system.api.engine.campaigns.read("old")).not.toBeNull();
    await page.goto("/console/campaigns/old/delete");
    await page.getByLabel("to say that it is meant").fill("The old one");
    await page.getByRole("button", { name: "Delete The old one" }).click();
    await page.locator(".said", { hasText: "Deleted" }).waitFor();
    expect(await system.api.engine.campaigns.read("old")).toBeNull();
    expect((await page.goto("/console/campaigns/old"))?.status()).toBe(404);
    // A campaign that may go on has no such button.
    await page.goto("/console/campaigns/open");
    expect(await page.getByRole("link", { name: "Delete" }).count()).toBe(0);
    const viewer = await browsers.signedIn("viewer", "/console/campaigns/done");
    expect(await viewer.getByRole("link", { name: "Delete" }).count()).toBe(0);
    expect((await viewer.goto("/console/campaigns/done/delete"))?.status()).toBe(404);
    const sent = await (await signInToConsole(system.api.api.url, "viewer")).send("delete-campaign", { id: "done", name: "x", typed: "x" });
    expect(sent.status).toBe(403);
  });

  test("list and recipients fit a phone and have no serious finding of axe, in light and dark", async () => {
    for (const dark of [false, true]) {
      for (const width of ["desk", "phone"] as const) {
        for (const path of ["/console/campaigns", "/console/campaigns/done/recipients", "/console/campaigns/idle/recipients"]) {
          const page = await browsers.signedIn("producer", path, { width, dark, csp: false });
          expect(await tooWideBy(page), path).toBeLessThanOrEqual(0);
          expect(await seriousOn(page), path).toEqual([]);
        }
      }
    }
  });

  test("no page of it holds a secret", async () => {
    await browsers.leave();
    expect(browsers.seen.said.filter((text) => /Content Security Policy|^error/.test(text))).toEqual([]);
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });
});
