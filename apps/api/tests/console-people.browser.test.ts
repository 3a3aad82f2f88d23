/** People in the console: looked up and told with what was sent to them; put on the list of those not to be contacted, taken off it; no address, log or audit entry names one. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { type Browsers, type ConsoleSystem, seriousOn, tooWideBy, unknownJob } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const PATH = "/console/people";

let system: ConsoleSystem;
let browsers: Browsers;

function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): void {
  system = itsSystem;
  browsers = itsBrowsers;
}

/** Another spelling than that of jobs. */
const spelt = (number: number) => `fr.linkedin.com/in/Person-${number}/?trk=x`;
const listed = async (number: number) =>
  (await system.api.call("producer", `GET /v1/suppressions?url=${encodeURIComponent(spelt(number))}`)).body as { items: object[] };

async function lookUp(page: Page, number: number): Promise<void> {
  await page.getByLabel("address of their profile, profile id, or recipientId").fill(spelt(number));
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByRole("heading", { name: "What the list has of them" }).waitFor();
}

const entries = (page: Page) => page.getByRole("list", { name: "Entries" }).getByRole("listitem");

inConsole({ prepare }, () => {
  test("a producer puts a person on the list and takes them off without a script, is told how many jobs ended, and nothing names the person", async () => {
    const [jobId, other] = [await system.add("carl", 41), await system.add("carl", 42)];
    const page = await browsers.signedIn("producer", "/console/accounts", { script: false });
    await page.getByRole("link", { name: "People" }).click();
    await lookUp(page, 41);
    await page.getByText("Nothing: they may be contacted.").waitFor();
    await page.getByLabel("reason, which names nobody").fill("objected");
    await page.getByRole("button", { name: "Contact them no more" }).click();
    await page.getByText("On the list. 1 job that waited ended.").waitFor();
    expect(await entries(page).allTextContents()).toMatchObject([
      expect.stringMatching(/all accounts and campaigns: objected.*until somebody takes it off/s),
    ]);
    expect(await system.outcomeOf(jobId)).toMatchObject({ status: "cancelled", code: "suppressed" });
    expect((await system.api.as("viewer").getJob({ jobId: other })).outcome).toBeNull();
    await page.getByLabel("they may be contacted again").check();
    await page.getByRole("button", { name: "Take off" }).click();
    await page.getByText("1 entry taken off.").waitFor();
    await page.getByText("Nothing: they may be contacted.").waitFor();
    expect((await listed(41)).items).toEqual([]);
    const audit = await system.api.call("admin", "GET /v1/audit");
    const { items } = audit.body as { items: { what: string; via: string }[] };
    const made = items.filter(({ what }) => what.includes("suppressions"));
    expect(made.map(({ what, via }) => `${via} ${what}`)).toEqual(["console DELETE /v1/suppressions", "console PUT /v1/suppressions"]);
    expect(JSON.stringify([audit.body, system.api.logged(), browsers.seen.requested])).not.toMatch(/person-41/i);
  });

  test("an entry is for one account and until a moment in UTC; what can't be taken is told beside the form, which keeps what was typed", async () => {
    const page = await browsers.signedIn("producer", PATH, { script: false });
    await lookUp(page, 51);
    await page.getByLabel("reason, which names nobody").fill("on leave");
    await page.getByLabel("id of that account or campaign").fill("ada");
    await page.getByRole("button", { name: "Contact them no more" }).click();
    expect(await page.getByRole("alert").textContent()).toContain("must be all, account:<id> or campaign:<id>");
    expect(await page.getByLabel("reason, which names nobody").inputValue()).toBe("on leave");
    expect((await listed(51)).items).toEqual([]);
    await page.getByLabel("for", { exact: true }).selectOption("account");
    await page.getByLabel("until, in UTC").fill("2999-01-01T22:30");
    await page.getByRole("button", { name: "Contact them no more" }).click();
    await page.getByText("On the list. 0 jobs that waited ended.").waitFor();
    expect(await entries(page).textContent()).toContain("account ada: on leave");
    expect((await listed(51)).items).toMatchObject([{ scope: "account:ada", reason: "on leave", until: "2999-01-01T22:30:00.000Z" }]);
    await system.api.call("producer", `PUT /v1/suppressions?url=${encodeURIComponent(spelt(51))}`, { reason: "objected" });
    const ofAda = entries(page).filter({ hasText: "account ada" });
    await ofAda.getByLabel("they may be contacted again").check();
    await ofAda.getByRole("button", { name: "Take off" }).click();
    await page.getByText("1 entry taken off.").waitFor();
    expect((await listed(51)).items).toMatchObject([{ scope: "all", reason: "objected" }]);
    await page.getByLabel("address of their profile, profile id, or recipientId").fill("nobody at all");
    await page.getByRole("button", { name: "Look up" }).click();
    await page.getByText("Looked for as the recipientId of jobs, as it is no address").waitFor();
    expect(await page.getByRole("heading", { name: "What the list has of them" }).count()).toBe(0);
  });

  test("a producer tells that a person answered, and is told so", async () => {
    const page = await browsers.signedIn("producer", PATH, { script: false });
    await lookUp(page, 61);
    await page.getByRole("button", { name: "They answered just now" }).click();
    await page.getByText(/^Noted: they answered/).waitFor();
    const { items } = (await system.api.call("admin", "GET /v1/audit")).body as { items: { what: string; via: string }[] };
    // Jobs that were added by HTTP are counted, and noted some seconds later.
    expect(items.find(({ via }) => via === "console")?.what).toBe("POST /v1/people/replied");
  });

  test("the calls to a person are told by any spelling, with what came of them, and downloaded; nothing names the person", async () => {
    const done = await system.add("ada", 101);
    await system.outcomeOf(done);
    const unknown = await unknownJob(system, 101);
    await system.outcomeOf(await system.add("ada", 102));
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("viewer", PATH, { script: false, width });
      await page.getByLabel("address of their profile, profile id, or recipientId").fill(spelt(101));
      await page.getByRole("button", { name: "Look up" }).click();
      await page.getByRole("heading", { name: "What was sent to them" }).waitFor();
      const rows = page.getByRole("row").filter({ hasText: "message.send" });
      const links = rows.getByRole("link", { name: /~|-|^[\w]+$/ });
      expect(await links.allTextContents()).toEqual(["ada", unknown, "ada", done]);
      expect(await rows.allTextContents()).toEqual([
        expect.stringMatching(/unknown\s+LinkUp's answer made no sense/),
        expect.stringContaining("succeeded"),
      ]);
      // Whoever may not change the list is not shown it.
      expect(await page.getByRole("heading", { name: "What the list has of them" }).count()).toBe(0);
      expect(await page.getByRole("button", { name: "Contact them no more" }).count()).toBe(0);
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
      expect(file.suggestedFilename()).toBe("person.csv");
      const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
      expect(lines.map((line) => line.split(",")[1])).toEqual(["status", "unknown", "succeeded"]);
      await rows.first().getByRole("link", { name: unknown }).click();
      await page.getByRole("heading", { name: /message.send/ }).waitFor();
    }
    const audit = await system.api.call("admin", "GET /v1/audit");
    expect(JSON.stringify([audit.body, system.api.logged(), browsers.seen.requested])).not.toMatch(/person-10[12]/i);
  });

  test("a person is reached from a job, from Unknown and by a recipientId that is no address; their reply and their last touch are told", async () => {
    const unknown = await unknownJob(system, 111);
    const input = { linkedin_url: "https://www.linkedin.com/in/person-111", message_text: "Hello" };
    const job = { operation: "message.send", accountId: "ada", input, recipientId: "crm 111" };
    const { jobId } = (await system.api.call("producer", "POST /v1/jobs", job)).body as { jobId: string };
    await system.outcomeOf(jobId);
    const page = await browsers.signedIn("producer", `/console/jobs/messages/${unknown}`);
    await page.getByRole("button", { name: "https://www.linkedin.com/in/person-111" }).click();
    await page.getByText("2 jobs on this page").waitFor();
    await page.getByRole("button", { name: "They answered just now" }).click();
    await page.getByText(/^Noted: they answered/).waitFor();
    const facts = page.locator("dl.facts", { hasText: "answered last" });
    expect(await facts.textContent()).toMatch(/answered last\s*\d+ s ago/);
    await page.goto("/console/unknown");
    await page.getByRole("listitem").filter({ hasText: "person-111" }).getByRole("button", { name: "What else was sent to them" }).click();
    await page.getByText("2 jobs on this page").waitFor();
    await page.goto("/console/jobs?state=completed");
    await page.getByRole("button", { name: "crm 111" }).click();
    await page.getByText("1 job on this page").waitFor();
    await page.getByRole("link", { name: jobId }).waitFor();
  });

  test("a viewer may look up and download, and change nothing", async () => {
    const viewer = await signInToConsole(system.api.api.url, "viewer");
    for (const action of ["find-suppressions", "suppress-person", "unsuppress-person", "tell-reply"]) {
      expect((await viewer.send(action, { url: spelt(71), kind: "all" })).status, action).toBeGreaterThanOrEqual(403);
    }
    expect((await viewer.send("download-person", { url: " " })).status).toBe(400);
    expect((await listed(71)).items).toEqual([]);
  });

  test("the page of a person who is looked up without an address asks for one, and names nobody else", async () => {
    await system.api.call("producer", `PUT /v1/suppressions?url=${encodeURIComponent(spelt(81))}`, { reason: "somebody else" });
    const producer = await signInToConsole(system.api.api.url, "producer");
    const { status, text } = await producer.send("find-person", { url: " " });
    expect(status).toBe(400);
    expect(text).toContain("is required");
    expect(text).not.toContain("somebody else");
  });

  test("no page of it holds a secret", async () => {
    await browsers.leave();
    expect(browsers.seen.said.filter((text) => /Content Security Policy|^error/.test(text))).toEqual([]);
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });

  test("the page of a person fits a phone and has no serious finding of axe, in light and dark", async () => {
    await system.outcomeOf(await system.add("ada", 91));
    await system.api.call("producer", `PUT /v1/suppressions?url=${encodeURIComponent(spelt(91))}`, { reason: "objected" });
    for (const dark of [false, true]) {
      for (const width of ["desk", "phone"] as const) {
        const page = await browsers.signedIn("admin", PATH, { width, dark, csp: false });
        await lookUp(page, 91);
        expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
        expect(await seriousOn(page)).toEqual([]);
      }
    }
  });
});
