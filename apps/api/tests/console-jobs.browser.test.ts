/** Jobs in the console: found by id or key, told why they wait, cancelled, said of what happened, done again; a viewer reads alone. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Browsers, type ConsoleSystem, fillConsole, picture } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

let system: ConsoleSystem;
let browsers: Browsers;
let unknown: string;

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  unknown = await fillConsole(system);
}

inConsole({ prepare }, () => {
  test("a job is found by its key, tells why it waits, and is cancelled", async () => {
    const input = { linkedin_url: "https://www.linkedin.com/in/person-9", message_text: "Hello nine" };
    const job = { operation: "message.send", accountId: "carl", input, idempotencyKey: "order 9" };
    await system.api.call("producer", "POST /v1/jobs", job);
    const page = await browsers.signedIn("producer", "/console/jobs?state=parked&account=carl");
    await page
      .getByRole("row", { name: /its account waits for a code/ })
      .first()
      .waitFor();
    await picture(page, "console-jobs.png");
    await page.getByLabel("id or idempotency key").fill("order 9");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("1 job", { exact: false }).first().waitFor();
    await page.locator("tbody th a").click();
    await page.getByText("number 2 in its turn").waitFor();
    await page.getByText("Hello nine").waitFor();
    await page.getByRole("button", { name: "Cancel the job" }).click();
    await page.locator(".said", { hasText: "Cancelled" }).waitFor();
    await page.getByText("The job was cancelled before it was sent").waitFor();
    // It left its queue, and its data with it.
    await page.getByText("Its data is kept no longer").waitFor();
    expect(await page.getByRole("link", { name: "Do it again" }).count()).toBe(0);
  });

  test("a person says that an unknown write did not happen, and only then it is sent again, after a warning", async () => {
    const page = await browsers.signedIn("producer", `/console/jobs/messages/${unknown}`, { script: false, width: "phone" });
    await page.getByRole("button", { name: "It did not happen" }).click();
    await page.getByText("the-producer said").waitFor();
    await page.getByRole("link", { name: "Do it again" }).click();
    await page.getByText("It may arrive twice.").waitFor();
    await page.getByText("It costs what such a job costs").waitFor();
    await page.getByRole("button", { name: "send again" }).click();
    expect(await system.outcomeOf(`${unknown}~2`)).toMatchObject({ status: "succeeded" });
    await page.goto(`/console/jobs/messages/${unknown}~2`);
    await page.getByRole("link", { name: unknown, exact: true }).waitFor();
  });

  test("a viewer reads the same, without a button; what is not there is told", async () => {
    const page = await browsers.signedIn("viewer", `/console/jobs/messages/${unknown}`);
    await page.getByText("Input").waitFor();
    const buttons = await page.locator("main").getByRole("button").allTextContents();
    expect(buttons).toEqual(["https://www.linkedin.com/in/person-2"]);
    expect((await page.goto(`/console/jobs/messages/${unknown}/again`))?.status()).toBe(404);
    expect((await page.goto("/console/jobs/messages/none"))?.status()).toBe(404);
    await page.goto("/console/jobs?find=none");
    await page.getByText("No job has this id or key").waitFor();
  });

  test("jobs are filtered by code, campaign, recipient and time, in the address and without a script, and what is done to many keeps the filter", async () => {
    const input = { linkedin_url: "https://www.linkedin.com/in/person-31", message_text: "Hello" };
    const job = { operation: "message.send", input, campaignId: "by-name", recipientId: "crm 31" };
    const added = async (more: object) =>
      ((await system.api.call("producer", "POST /v1/jobs", { ...job, ...more })).body as { jobId: string }).jobId;
    await system.sandbox.scenario({ next: [{ status: 404, operation: "message.send" }] });
    const refused = await added({ accountId: "ada" });
    await system.outcomeOf(refused);
    const held = await added({ accountId: "carl" });
    const other = await added({ accountId: "carl", recipientId: "crm 32" });
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("producer", "/console/jobs", { script: false, width });
      const listed = async () => await page.locator("tbody th a").allTextContents();
      const filter = async (parts: Record<string, string>) => {
        await page.goto("/console/jobs");
        for (const [label, value] of Object.entries(parts)) {
          const field = page.getByLabel(label, { exact: true });
          await ((await field.evaluate(({ tagName }) => tagName)) === "SELECT" ? field.selectOption(value) : field.fill(value));
        }
        await page.getByRole("button", { name: "Show" }).click();
        return await listed();
      };
      expect(await filter({ "ended with": "not_found" })).toEqual([refused]);
      const row = page.getByRole("row").filter({ hasText: refused });
      expect(await row.textContent()).toMatch(/message\.send.*ada.*crm 31.*failed.*LinkedIn does not.*1/s);
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download CSV" }).click()]);
      expect(file.suggestedFilename()).toBe("jobs.csv");
      expect(
        readFileSync(await file.path(), "utf8")
          .trim()
          .split("\n")
          .slice(1),
      ).toEqual([expect.stringMatching(new RegExp(`^${refused},messages,.*,crm 31,failed,not_found,"?LinkedIn does not .*,1,1$`))]);
      expect(new Set(await filter({ campaign: "by-name" }))).toEqual(new Set([refused, held, other]));
      expect(new Set(await filter({ recipientId: "crm 31" }))).toEqual(new Set([refused, held]));
      expect(await filter({ recipientId: "crm 31", "added before, UTC": "2020-01-01T00:00" })).toEqual([]);
      expect(new Set(await filter({ recipientId: "crm 31", "added from, UTC": "2020-01-01T00:00" }))).toEqual(new Set([refused, held]));
      await page.getByRole("link", { name: "Cancel all of these" }).click();
      await page.getByText("1 job would end cancelled, free").waitFor();
      expect(new URL(page.url()).search).toBe("?recipient=crm+31&from=2020-01-01T00%3A00");
      await page.goto("/console/jobs?recipient=crm+31&from=2020-01-01T00:00&code=not_found");
      expect(await page.getByRole("link", { name: "Cancel all of these" }).count()).toBe(0);
      await page.getByRole("link", { name: "Do those again that did not succeed" }).click();
      await page.getByText("1 job that did not succeed would be done again").waitFor();
      // A part that can't be read is told, and does not show more than was asked for.
      expect((await page.goto("/console/jobs?account=%21"))?.status()).toBe(400);
    }
    const page = await browsers.signedIn("producer", "/console/jobs/~cancel?recipient=crm+31", { script: false });
    await page.getByRole("button", { name: "Cancel 1 job" }).click();
    await page.getByText("1 job is cancelled, free.").waitFor();
    expect(await system.outcomeOf(held)).toMatchObject({ status: "cancelled" });
    expect((await system.api.as("viewer").getJob({ jobId: other })).outcome).toBeNull();
    const [told] = (await system.api.engine.audit.read({ limit: 20 })).filter(({ via }) => via === "console");
    expect(told?.what).toBe("POST /v1/jobs/cancel (one recipient)");
  });

  test("no page of it holds a secret", () => {
    expect(browsers.seen.said.filter((text) => /Content Security Policy|^error/.test(text))).toEqual([]);
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });
});
