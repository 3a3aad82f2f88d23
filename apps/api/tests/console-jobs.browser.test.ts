/** Jobs in the console: found by id or key, told why they wait, cancelled, said of what happened, done again; a viewer reads alone. */
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

  test("no page of it holds a secret", () => {
    expect(browsers.seen.said.filter((text) => /Content Security Policy|^error/.test(text))).toEqual([]);
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });
});
