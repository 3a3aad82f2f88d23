/**
 * The board and the API's page in a real browser: a person logs in, finds a failed job, reads it, does it again. Nothing is fetched from
 * elsewhere, and no secret is in anything that the browser receives.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BROWSER_FLAGS, because, noBrowser, testBrowser, WAIT_MS } from "@linkup-queue/testkit";
import { type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type BoardSystem, startBoardSystem } from "./board-system.ts";

import { SECRETS } from "./fixture.ts";

const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

const browser = await testBrowser();

/** The icons beside a job have no names, only tooltips; retry is the first. */
const JOB_BUTTONS = "span[data-base-ui-tooltip-trigger] > button";

describe.skipIf(browser === null)("in a browser", because(noBrowser()), () => {
  let system: BoardSystem;
  let failed: string;
  const seen: { requested: string[]; bodies: string[]; said: string[] } = { requested: [], bodies: [], said: [] };

  beforeAll(async () => {
    system = await startBoardSystem();
    for (let number = 1; number <= 3; number++) await system.outcomeOf(await system.add(number));
    failed = await system.addFailing(4);
    await system.plant(failed);
  });
  afterAll(async () => system.close());

  const leave: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const one of leave.splice(0)) await one();
  });

  /** Opens a browser of its own, so that no visit knows what another one typed. It is closed after the test. */
  async function visit(role: "viewer" | "admin" | null): Promise<Page> {
    const directory = mkdtempSync(join(tmpdir(), "board-browser-"));
    const context: BrowserContext = await chromium.launchPersistentContext(directory, {
      timeout: WAIT_MS,
      ...(browser === null ? {} : { executablePath: browser }),
      args: BROWSER_FLAGS,
      viewport: { width: 1280, height: 800 },
      ...(role === null ? {} : { httpCredentials: { username: `the-${role}`, password: SECRETS[role] } }),
    });
    const reading: Promise<unknown>[] = [];
    context.on("request", (request) => seen.requested.push(request.url()));
    context.on("response", (response) => {
      // The browser has let go of the body of a page that is gone.
      const read = response.text().then(
        (text) => seen.bodies.push(text),
        () => undefined,
      );
      reading.push(read);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on("console", (message) => seen.said.push(message.text()));
    leave.push(async () => {
      if (page.url().startsWith(system.api.api.url)) seen.bodies.push(await page.content());
      await context.close();
      await Promise.all(reading);
      rmSync(directory, { recursive: true, force: true });
    });
    return page;
  }

  const address = (path: string) => `${system.api.api.url}${path}`;

  async function picture(page: Page, name: string): Promise<void> {
    if (process.env["UPDATE_SCREENSHOTS"] !== "1") return;
    mkdirSync(IMAGES, { recursive: true });
    await page.screenshot({ path: join(IMAGES, name) });
  }

  test("the board asks who it is, and shows nothing to somebody without a name", async () => {
    const page = await visit(null);
    const asked = page.waitForResponse((response) => response.url() === address("/board"));
    // Without a name the browser gives up, with an error of its own.
    await page.goto(address("/board")).catch(() => undefined);
    const answer = await asked;
    expect(answer.status()).toBe(401);
    expect(answer.headers()["www-authenticate"]).toMatch(/^Basic /);
  });

  test("a viewer finds the failed job and reads it, and has no way to change it", async () => {
    const page = await visit("viewer");
    await page.goto(address("/board"));
    await page.getByText("calls: messages").first().waitFor();
    await picture(page, "board-overview.png");
    await page.goto(address("/board/queue/messages?status=failed"));
    await page.getByText("not_found").first().waitFor();
    await page.goto(address(`/board/queue/messages/${failed}`));
    await page.getByText("not_found").first().waitFor();
    await picture(page, "board-failed-job.png");
    await page.getByRole("tab", { name: "Data" }).click();
    await page.getByText("ledger").first().waitFor();
    const text = await page.locator("body").textContent();
    for (const word of ["message.send", "grace", "failed, not_found"]) expect(text).toContain(word);
    expect(await page.locator(JOB_BUTTONS).count()).toBe(0);
    const status = await page.evaluate(
      async (path) => (await fetch(path, { method: "PUT" })).status,
      `/board/api/queues/messages/${failed}/retry`,
    );
    expect(status).toBe(403);
  });

  test("an admin is shown no button that is always refused, and every one that is not", async () => {
    const page = await visit("admin");
    const shown = (scope: Locator) => scope.locator("svg:visible").evaluateAll((icons) => icons.map((icon) => icon.getAttribute("class")));
    await page.goto(address("/board/queue/messages?status=failed"));
    const job = page.locator('[class^="card-"]').filter({ hasText: failed });
    await job.getByText("not_found").first().waitFor();
    expect(await shown(job.locator(JOB_BUTTONS))).toEqual(["lucide lucide-refresh-cw", "lucide lucide-trash2 lucide-trash-2"]);
    for (const name of ["Retry all", "Clean all"]) {
      const button = page.getByText(name, { exact: true });
      expect([await button.count(), await button.isVisible()], name).toEqual([1, false]);
    }
    await page.goto(address("/board"));
    await page.getByText("calls: messages").first().waitFor();
    const menus = page.locator('main button[aria-haspopup="menu"]');
    const entries = async (index: number) => {
      await menus.nth(index).click();
      const items = page.locator('[role="menuitem"]');
      await items.first().waitFor({ state: "attached" });
      const all = await items.allTextContents();
      const visible = await items.locator("visible=true").allTextContents();
      await page.keyboard.press("Escape");
      await items.first().waitFor({ state: "detached" });
      return { all, visible };
    };
    const overall = await entries(0);
    expect(overall.visible).toEqual(["Pause all", "Sort by"]);
    expect(overall.all).toContain("Retry 1 failed jobs in all queues");
    const ofMessages = await entries(2);
    expect(ofMessages.visible).toEqual(["Pause"]);
    for (const name of ["Add job", "Retry all 1 failed jobs", "Set concurrency", "Set rate limit", "Empty", "Obliterate"]) {
      expect(ofMessages.all).toContain(name);
    }
    await page.goto(address("/board/queue/auth?status=completed"));
    await page.getByText("auth.login").first().waitFor();
    expect(await page.locator(JOB_BUTTONS).count()).toBeGreaterThan(0);
    expect(await shown(page.locator(JOB_BUTTONS))).toEqual([]);
  });

  test("an admin retries the failed job on its page, and it is done again as a new job that succeeds", async () => {
    const page = await visit("admin");
    await page.goto(address(`/board/queue/messages/${failed}`));
    await page.getByText("not_found").first().waitFor();
    const retry = page.locator(JOB_BUTTONS).first();
    await retry.hover();
    await page.getByText("Retry", { exact: true }).waitFor();
    const answered = page.waitForResponse((response) => response.url().endsWith("/retry"));
    await retry.click();
    await page.getByRole("button", { name: "Confirm" }).click();
    expect((await answered).status()).toBe(200);
    expect(await system.outcomeOf(`${failed}~2`)).toMatchObject({ status: "succeeded", redriveOf: failed });
    await page.goto(address(`/board/queue/messages/${failed}~2`));
    await page.getByText("ledger").first().waitFor();
    expect(await page.locator("body").textContent()).toContain("redriveOf");
    await picture(page, "board-redriven-job.png");
  });

  test("an admin who retries a write of unknown effect reads on the page that it takes an explicit word, and where to say it", async () => {
    await system.sandbox.scenario({ next: [{ status: "reset", when: "after", operation: "message.send" }] });
    const unknown = await system.add(5);
    expect(await system.outcomeOf(unknown)).toMatchObject({ status: "unknown" });
    const page = await visit("admin");
    await page.goto(address(`/board/queue/messages/${unknown}`));
    await page.locator(JOB_BUTTONS).first().click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("--may-send-twice").waitFor();
    expect(await system.queues.of("messages").getJob(`${unknown}~2`)).toBeUndefined();
  });

  test("the API's page shows its calls", async () => {
    const page = await visit(null);
    await page.goto(address("/docs"));
    await page.getByText("/v1/jobs/batch").first().waitFor();
    await picture(page, "docs.png");
  });

  test("all of that asked nothing of other servers, and received no secret", () => {
    expect(seen.requested.length).toBeGreaterThan(20);
    const foreign = seen.requested.filter((url) => !url.startsWith(`${system.api.api.url}/`) && !url.startsWith("data:"));
    expect(foreign).toEqual([]);
    expect(seen.said.filter((text) => text.includes("Content Security Policy"))).toEqual([]);
    const received = seen.bodies.join("\n");
    expect(received).toContain("[redacted]");
    for (const secret of system.secrets) expect(received).not.toContain(secret);
    for (const secret of system.secrets) expect(seen.requested.join("\n")).not.toContain(secret);
  });
});
