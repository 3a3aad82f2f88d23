/** A sequence made in the console from nothing, by somebody without a script too: its steps written, ordered and taken out, its list, its start, and what came of each step. */
import { waitFor } from "@linkup-queue/testkit";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { type Browsers, type ConsoleSystem, seriousOn, tooWideBy } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

let system: ConsoleSystem;
let browsers: Browsers;

function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): void {
  system = itsSystem;
  browsers = itsBrowsers;
}

const rows = (page: Page) => page.getByRole("list", { name: "Steps of the sequence" }).getByRole("listitem");
/** A row of a table, which is a card on a phone. */
const row = (page: Page, hasText: RegExp) => page.locator("tr").filter({ hasText }).first();
const stepsOn = async (page: Page) => (await rows(page).locator("b").allTextContents()).map((text) => text.replace(/^Step /, ""));
const idIn = (page: Page) => /campaigns\/(camp-[^/]+)/.exec(page.url())?.[1] ?? "";

async function begin(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name, for you").fill(name);
  await page.getByLabel("What is done to each").selectOption("invitation.send");
  await page.getByLabel("more steps follow").check();
  await page.getByRole("button", { name: "Go on to senders" }).click();
  await page.getByLabel("ada").check();
  await page.getByRole("button", { name: "Go on to the text" }).click();
}

async function add(page: Page, operation: string): Promise<void> {
  await page.getByLabel("operation", { exact: true }).selectOption(operation);
  await page.getByRole("button", { name: "Write it" }).click();
}

/** Nobody waits for days here. */
async function atOnce(page: Page): Promise<void> {
  await page.getByLabel("days after the step before").fill("");
  await page.getByLabel("days after it, at most").fill("");
}

inConsole({ prepare }, () => {
  test.each([
    ["desk", true],
    ["phone", false],
  ] as const)(
    "at the width of a %s, with a script: %s, an invitation and a message are made a sequence, and each step tells what came of it",
    async (width, script) => {
      const page = await browsers.signedIn("producer", "/console/campaigns/~new", { width, script });
      await begin(page, `Series ${width}`);
      await page.getByLabel("message", { exact: false }).first().fill("Hi {{first_name|there}}, {{");
      await page.getByRole("button", { name: "Make the draft" }).click();
      await page.getByRole("alert").getByText("is no {{field}}").waitFor();
      expect(await page.getByLabel("write no more to a person who answered").isChecked()).toBe(true);
      await page.getByLabel("message", { exact: false }).first().fill("Hi {{first_name|there}}");
      await page.getByRole("button", { name: "Make the draft" }).click();
      await page.locator(".said", { hasText: "with its first step" }).waitFor();
      const id = idIn(page);

      await add(page, "message.send");
      const conditions = await page.getByLabel("for whom").locator("option").allTextContents();
      expect(conditions).toEqual([
        "all who came to it",
        "only for people who accepted the invitation",
        "only for people who did not accept the invitation",
        "only for people who have not answered",
      ]);
      await page.getByLabel("message_text").fill("Thank you, {{nickname}}");
      await page.getByLabel("days after the step before").fill("5");
      await page.getByLabel("days after it, at most").fill("3");
      await page.getByRole("button", { name: "Add this step" }).click();
      await page.getByRole("alert").getByText("afterDays must have the least first").waitFor();
      expect(await page.getByLabel("message_text").inputValue()).toBe("Thank you, {{nickname}}");
      await atOnce(page);
      await page.getByRole("button", { name: "Add this step" }).click();
      await page.locator(".said", { hasText: "Kept" }).waitFor();

      await add(page, "profile.scrape");
      await page.getByRole("button", { name: "Add this step" }).click();
      await page.getByText("after 3 to 5 days").waitFor();
      await page.getByRole("button", { name: "Earlier: step 3" }).click();
      await page.locator(".said", { hasText: "Kept" }).waitFor();
      expect((await system.api.engine.campaigns.read(id))?.definition.steps?.map(({ operation }) => operation)).toEqual([
        "invitation.send",
        "profile.scrape",
        "message.send",
      ]);
      expect(await rows(page).count()).toBe(3);
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      await page.getByRole("button", { name: "Remove step 2" }).click();
      await page.locator(".said", { hasText: "Kept" }).waitFor();
      expect((await stepsOn(page)).map((text) => text.slice(0, 2))).toEqual(["1:", "2:"]);
      // The wait of the place stays; it is taken away here.
      await page.getByRole("link", { name: "Edit step 2" }).click();
      await atOnce(page);
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      await page.getByRole("button", { name: "Keep this step" }).click();
      await page.getByText("at once").waitFor();

      await page.getByRole("link", { name: "Go on to the list" }).click();
      const people = [`series-${width}-1`, `series-${width}-2`];
      const text = [
        "linkedin_url,first_name,nick",
        ...people.map((name, n) => `https://www.linkedin.com/in/${name},Name ${n},Nick ${n}`),
      ].join("\n");
      await page.getByLabel("Or paste it").fill(text);
      await page.getByRole("button", { name: "Read what was pasted" }).click();
      // The second step needs a column that is called otherwise.
      await row(page, /nickname\s*2.*no column has this name/s).waitFor();
      await page.getByLabel("Column for nickname").fill("nick");
      await page.getByRole("button", { name: "Take them from these columns" }).click();
      await page.locator(".said", { hasText: "Kept" }).waitFor();
      await page.goto(`/console/campaigns/${id}/list`);
      await page.getByLabel("Or paste it").fill(text);
      await page.getByRole("button", { name: "Read what was pasted" }).click();
      await page.getByText("2 recipients in the list").waitFor();
      await row(page, /first_name\s*1\s*2.*filled for all/s).waitFor();
      await row(page, /nick\s*2.*filled for all/s).waitFor();

      await page.getByRole("link", { name: "Go on: check and start" }).click();
      for (const said of ["Hi Name 0", "Thank you, Nick 0", "Hi Name 1", "Thank you, Nick 1"])
        await page.getByText(said, { exact: true }).waitFor();
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      await page.getByRole("button", { name: "Start", exact: true }).click();
      await page.locator(".said", { hasText: "Started." }).waitFor();
      await waitFor(async () => (await system.api.engine.campaigns.read(id))?.steps, {
        what: "both steps to succeed for both",
        until: (steps) => steps?.every(({ byStatus }) => byStatus["succeeded"] === 2) === true,
      });
      await page.goto(`/console/campaigns/${id}`);
      await row(page, /1 invitation\.send\s*0.*2/s).waitFor();
      await row(page, /2 message\.send at once\s*0.*2/s).waitFor();
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      // Each by what was done last: the message's text, and its job.
      await page.goto(`/console/campaigns/${id}/recipients`);
      await row(page, /Thank you, Nick 0/)
        .getByRole("link", { name: /^c-/ })
        .click();
      await page.getByText("message.send").first().waitFor();
    },
  );

  test("of a paused sequence texts and days are edited and steps follow, none goes; an edit from a page that is old is refused", async () => {
    const steps = [
      { operation: "invitation.send", input: { linkedin_url: "{{linkedin_url}}", message: "Hi" } },
      { operation: "message.send", input: { linkedin_url: "{{linkedin_url}}", message_text: "Thanks" }, afterDays: [3, 5] },
    ];
    // Its account waits for a code: it stays as it is started.
    const campaign = { campaignId: "paused", name: "Paused", accountIds: ["carl"], steps };
    expect(await system.api.call("producer", "POST /v1/campaigns", campaign)).toMatchObject({ status: 201 });
    const recipients = [{ id: "one", fields: { linkedin_url: "https://www.linkedin.com/in/paused-1" } }];
    await system.api.engine.campaigns.accept("paused", { accountIds: ["carl"], recipients, revision: 1, offset: 0 });
    expect((await system.api.call("producer", "POST /v1/campaigns/paused/start")).status).toBe(202);
    const page = await browsers.signedIn("producer", "/console/campaigns/paused/steps", { script: false });
    await page.getByText("pause it to change its steps").waitFor();
    expect(await page.getByRole("link", { name: "Edit step 1" }).count()).toBe(0);
    await system.api.call("producer", "POST /v1/campaigns/paused/pause");
    await page.goto("/console/campaigns/paused");
    await page.getByRole("link", { name: "Steps", exact: true }).click();
    for (const name of [/^Remove/, /^Earlier/, /^Later/]) expect(await page.getByRole("button", { name }).count()).toBe(0);
    await page.getByRole("link", { name: "Edit step 2" }).click();
    const other = await browsers.signedIn("producer", "/console/campaigns/paused/steps/2", { script: false });
    await page.getByLabel("message_text").fill("Thanks, [first name]");
    await page.getByLabel("days after it, at most").fill("9");
    await page.getByRole("button", { name: "Keep this step" }).click();
    await page.getByRole("alert").getByText("would be sent as it stands").waitFor();
    await page.getByLabel("message_text").fill("Thanks again");
    await page.getByLabel("for whom").selectOption("no_reply");
    await page.getByRole("button", { name: "Keep this step" }).click();
    await page.getByText("after 3 to 9 days, only for people who have not answered").waitFor();
    await other.getByLabel("message_text").fill("From the old page");
    await other.getByRole("button", { name: "Keep this step" }).click();
    await other.getByText("Somebody edited the campaign meanwhile").waitFor();
    await add(page, "profile.scrape");
    await page.getByRole("button", { name: "Add this step" }).click();
    expect(await rows(page).count()).toBe(3);
    expect((await system.api.engine.campaigns.read("paused"))?.definition.steps).toMatchObject([
      steps[0],
      { ...steps[1], input: { message_text: "Thanks again" }, afterDays: [3, 9], onlyIf: "no_reply" },
      { operation: "profile.scrape", afterDays: [3, 5] },
    ]);
    expect((await page.goto("/console/campaigns/paused/steps/5"))?.status()).toBe(404);
    const viewer = await browsers.signedIn("viewer", "/console/campaigns/paused");
    expect(await viewer.getByRole("link", { name: "Steps", exact: true }).count()).toBe(0);
    expect((await viewer.goto("/console/campaigns/paused/steps"))?.status()).toBe(404);
  });

  test.each(["desk", "phone"] as const)(
    "at the width of a %s, axe finds nothing serious on the pages of steps, in light and dark",
    async (width) => {
      const steps = [{ operation: "message.send", input: { linkedin_url: "{{linkedin_url}}", message_text: "Thanks %name%" } }];
      await system.api.call("producer", "POST /v1/campaigns", { campaignId: "axe", name: "Axe", accountIds: ["ada"], steps });
      for (const dark of [false, true]) {
        const page = await browsers.signedIn("producer", "/console/campaigns/axe/steps", { width, dark, csp: false });
        for (const path of ["steps", "steps/1", "steps/2?operation=message.send", "start"]) {
          await page.goto(`/console/campaigns/axe/${path}`);
          expect(await seriousOn(page)).toEqual([]);
          expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
        }
      }
    },
  );
});
