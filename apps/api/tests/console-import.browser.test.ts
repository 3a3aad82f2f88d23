/** A campaign made in the console from nothing: five steps, a list with a misspelt column and bad rows, examples, and a start with its first ones. */
import { readFile } from "node:fs/promises";
import { waitFor } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { type Browsers, type ConsoleSystem, picture, tooWideBy } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const address = (number: number) => `https://www.linkedin.com/in/person-${number}`;
const MISSPELT = [
  "linkedin_url,first_nmae,company",
  ...[1, 2, 3].map((number) => `${address(number)},Name ${number},Acme`),
  "no address,Eve,Acme",
];

let system: ConsoleSystem;
let browsers: Browsers;

function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): void {
  system = itsSystem;
  browsers = itsBrowsers;
}

inConsole({ prepare }, () => {
  test("a list with a misspelt column is told, its column is taken all the same, and the first two get what was shown", async () => {
    const page = await browsers.signedIn("producer", "/console/campaigns");
    await page.getByRole("link", { name: "New campaign" }).click();
    await page.getByLabel("Name, for you").fill("Spring");
    await page.getByRole("button", { name: "Go on to senders" }).click();
    await page.getByLabel("ada").check();
    await page.getByRole("button", { name: "Go on to the text" }).click();
    await page.getByLabel("message_text").fill("Hi {{first_name|there}}, from {{company}}");
    await page.getByLabel("write no more to a person who answered").check();
    await page.getByRole("button", { name: "Make the draft" }).click();
    await page.getByText("0 recipients in the list").waitFor();

    await page.getByLabel("File").setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(MISSPELT.join("\n")) });
    await page.getByRole("button", { name: "Read the file" }).click();
    await page.getByText("3 recipients in the list").waitFor();
    await page.getByText("A column is called first_nmae: is it meant?").waitFor();
    await picture(page, "console-import.png");
    const refused = page.getByRole("row", { name: /linkedin_url/ }).filter({ hasText: "5" });
    await refused.waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download the refused rows" }).click(),
    ]);
    const told = await readFile(await file.path(), "utf8");
    const lines = told.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^5,5,/);

    await page.getByRole("button", { name: "Take them from these columns" }).click();
    await page.locator(".said", { hasText: "the text names the columns" }).waitFor();
    await page.getByRole("row", { name: /first_nmae .*filled for all/ }).waitFor();
    await page.getByRole("link", { name: "Go on: check and start" }).click();
    for (const number of [1, 2, 3]) await page.getByText(`Hi Name ${number}, from Acme`).waitFor();
    await page.getByText("credits in all, about").waitFor();
    await page.getByLabel("Only the first so many").fill("2");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.locator(".said", { hasText: "Started." }).waitFor();
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const sent = await waitFor(async () => (await system.api.engine.campaigns.read(id))?.recipients, {
      what: "the first two to end",
      until: (recipients) => recipients?.ended === 2,
    });
    expect(sent).toMatchObject({ accepted: 3, ended: 2 });
    await page.getByText("is written to no more").waitFor();
    expect((await system.api.engine.campaigns.read(id))?.definition.stopOnReply).toBe(true);
    const audited = (await system.api.engine.audit.read({ limit: 50 })).filter(({ via }) => via === "console").map(({ what }) => what);
    expect(audited).toEqual([
      "POST /v1/campaigns/{id}/start",
      "PATCH /v1/campaigns/{id}",
      "POST /v1/campaigns/{id}/recipients",
      "POST /v1/campaigns",
    ]);
  });

  test("without a script a list is pasted; a default for all keeps it from starting until that is allowed", async () => {
    const page = await browsers.signedIn("producer", "/console/campaigns/~new", { script: false, width: "phone" });
    await page.getByLabel("Name, for you").fill("Autumn");
    await page.getByRole("button", { name: "Go on to senders" }).click();
    await page.getByLabel("ada").check();
    await page.getByRole("button", { name: "Go on to the text" }).click();
    await page.getByLabel("message_text").fill("Hi {{nickname|there}}");
    await page.getByRole("button", { name: "Make the draft" }).click();
    await page.getByLabel("Or paste it").fill(`linkedin_url\n${address(7)}`);
    await page.getByRole("button", { name: "Read what was pasted" }).click();
    await page.getByText("1 recipient in the list").waitFor();
    await page.getByText("nobody fills it").waitFor();
    await page.getByRole("link", { name: "Go on: check and start" }).click();
    await page.getByText("all would get the default").waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("That was not done").waitFor();
    await page.goBack();
    await page.getByLabel("send all the same").check();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.locator(".said", { hasText: "Started." }).waitFor();
  });

  test("a column that the text needs and the list lacks is told with the one that may be meant, and nothing is taken", async () => {
    await system.api.call("producer", "POST /v1/campaigns", {
      campaignId: "needs",
      name: "Needs",
      operation: "message.send",
      accountIds: ["ada"],
      input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi {{first_name}}" },
    });
    const page = await browsers.signedIn("producer", "/console/campaigns/needs/list");
    await page.getByLabel("Or paste it").fill(MISSPELT.join("\n"));
    await page.getByRole("button", { name: "Read what was pasted" }).click();
    await page.getByRole("alert").getByText('is it "first_nmae"?').waitFor();
    await page.getByLabel("Column for first_name").fill("first_nmae");
    await page.getByRole("button", { name: "Take them from these columns" }).click();
    await page.getByText("0 recipients in the list").waitFor();
    expect((await system.api.engine.campaigns.read("needs"))?.definition.input["message_text"]).toBe("Hi {{first_nmae}}");
  });

  test("a header row that is refused says what to do: of each field only what is so, and nothing is taken", async () => {
    await system.api.call("producer", "POST /v1/campaigns", {
      campaignId: "heads",
      name: "Heads",
      operation: "message.send",
      accountIds: ["ada"],
      input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi {{first_name}} of {{company|your team}}" },
    });
    for (const width of ["desk", "phone"] as const) {
      const page = await browsers.signedIn("producer", "/console/campaigns/heads/list", { script: false, width });
      const paste = async (text: string) => {
        await page.getByLabel("Or paste it").fill(text);
        await page.getByRole("button", { name: "Read what was pasted" }).click();
        await page.getByText("Nothing of this list was taken.").waitFor();
        expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
        return (await page.getByRole("alert").textContent()) ?? "";
      };
      const found = async () =>
        Object.fromEntries(
          await Promise.all(
            (await page.getByRole("region", { name: "Fields of the text" }).locator("tbody tr").all()).map(async (row) => [
              await row.getByRole("rowheader").textContent(),
              await row.locator('td[data-label="found"]').textContent(),
            ]),
          ),
        );
      // Misspelt: the others are not said to be missing, and only this one is asked for.
      expect(await paste(`linkedin_url,first_nmae\n${address(1)},Ann`)).toContain('is it "first_nmae"?');
      await page.getByText("Rename the column in the first row of the list").waitFor();
      expect(await found()).toEqual({
        linkedin_url: expect.stringContaining("a column has this name"),
        first_name: expect.stringContaining("no column has this name"),
        company: expect.stringContaining("has a default, needs no column"),
      });
      expect(await page.getByLabel(/^Column for/).count()).toBe(1);
      // Twice: it is not missing, and another column is no help.
      expect(await paste(`linkedin_url,first_name,First Name\n${address(1)},Ann,Bea`)).toContain("names this column twice");
      await page.getByText("Rename or take out all but one of the columns of one name.").waitFor();
      expect((await found())["first_name"]).toContain("two columns have this name");
      expect(await page.getByRole("button", { name: "Take them from these columns" }).count()).toBe(0);
      // None: the first recipient stands in its place, or nothing does.
      expect(await paste(`${address(1)},Ann`)).toContain("put a row of the columns' names above it");
      expect(await paste(" \n ")).toContain("begin with a row of the columns' names");
      expect(await page.getByRole("region", { name: "Fields of the text" }).count()).toBe(0);
    }
    expect((await system.api.engine.campaigns.read("heads"))?.recipients.accepted).toBe(0);
  });

  test("a paused campaign's remaining recipients are shared among other senders, without a script and on a phone", async () => {
    const { api } = system;
    await api.as("admin").registerAccount({ id: "dora", login_token: "token-of-dora" });
    await api.as("producer").createCampaign({
      campaignId: "shared",
      name: "Shared",
      operation: "message.send",
      accountIds: ["carl"],
      input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi" },
    });
    const recipients = [1, 2, 3, 4, 5].map((number) => ({ id: `s-${number}`, fields: { linkedin_url: address(100 + number) } }));
    await api.engine.campaigns.accept("shared", { accountIds: ["carl"], recipients, revision: 1, offset: 0 });
    await api.as("producer").startCampaign({ id: "shared" });
    const page = await browsers.signedIn("producer", "/console/campaigns/shared/senders", { script: false, width: "phone" });
    await page.getByText("It is running: pause it").waitFor();
    expect((await api.engine.campaigns.read("shared"))?.definition.stopOnReply).toBeUndefined();
    await page.getByRole("link", { name: "The campaign" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("link", { name: "Senders" }).click();
    await page.getByText("They share 5 recipients that were not put into a queue").waitFor();
    await page.getByLabel("carl").uncheck();
    await page.getByRole("button", { name: "Share what is left" }).click();
    await page.getByText("That was not done").waitFor();
    await page.goBack();
    await page.getByLabel("ada").check();
    await page.getByLabel("dora").check();
    await page.getByLabel("carl").uncheck();
    await page.getByRole("button", { name: "Share what is left" }).click();
    await page.locator(".said", { hasText: "they share all that was not put into a queue" }).waitFor();
    // The box is as the campaign is, and a text that is kept keeps its word, too.
    const toText = () => page.getByRole("link", { name: "Text", exact: true }).click();
    await toText();
    const box = page.getByLabel("write no more to a person who answered");
    await box.check();
    await page.getByRole("button", { name: "Keep this text" }).click();
    await page.getByText("is written to no more").waitFor();
    await toText();
    expect(await box.isChecked()).toBe(true);
    await box.uncheck();
    await page.getByRole("button", { name: "Keep this text" }).click();
    await page.locator(".said", { hasText: "Taken" }).waitFor();
    expect(await page.getByText("is written to no more").count()).toBe(0);
    const left = (account: string) => page.locator("tr", { hasText: account }).locator('td[data-label="left"]').textContent();
    expect([await left("ada"), await left("dora")]).toEqual(["3", "2"]);
    expect((await api.engine.audit.read({ limit: 1 }))[0]).toMatchObject({
      via: "console",
      what: "PATCH /v1/campaigns/{id}",
      target: "shared",
    });
  });

  test("a viewer sees no step of it, and can't send a list", async () => {
    const page = await browsers.signedIn("viewer", "/console/campaigns");
    expect(await page.getByRole("link", { name: "New campaign" }).count()).toBe(0);
    for (const path of ["~new", "~new/senders", "~new/text", "needs/list", "needs/text", "needs/senders", "needs/start", "needs/cancel"])
      expect((await page.goto(`/console/campaigns/${path}`))?.status(), path).toBe(404);
    await page.goto("/console/campaigns");
    const csrf = (await page.locator("footer input[name=csrf]").getAttribute("value")) ?? "";
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const send = (headers: Record<string, string>) =>
      fetch(`${system.api.api.url}/console/do/add-recipients?id=needs`, {
        method: "POST",
        headers: { "content-type": "text/csv", ...headers },
        body: MISSPELT.join("\n"),
      });
    const here = { "sec-fetch-site": "same-origin" };
    expect((await send({ ...here, cookie, "x-csrf-token": csrf })).status).toBe(403);
    expect((await send({ ...here, cookie })).status).toBe(403);
    expect((await send(here)).status).toBe(401);
    expect((await send({ cookie, "x-csrf-token": csrf, "sec-fetch-site": "cross-site" })).status).toBe(403);
  });

  test("no page of it holds a secret", () => {
    expect(browsers.seen.said.filter((text) => /Content Security Policy|^error/.test(text))).toEqual([]);
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });
});
