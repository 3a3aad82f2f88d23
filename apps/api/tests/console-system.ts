/** A console over a whole system: the api, a worker, the sandbox, accounts in several states, and a browser for each visit. */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ApiRole, ApiSettings } from "@linkup-queue/contracts";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import { BROWSER_FLAGS, WAIT_MS, waitFor } from "@linkup-queue/testkit";
import { startWorker, type Worker } from "@linkup-queue/worker";
import { pino } from "pino";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

import { SECRETS, startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

export const WIDTHS = { desk: { width: 1366, height: 900 }, phone: { width: 390, height: 844 } } as const;
export type Width = keyof typeof WIDTHS;

/** Must never be read on a page or in a stream. */
const MARKERS = { apiKey: "linkup-key-marker-5f1c", password: "marker-password-9d2e", email: "marker-member@example.com" };
const CODE = "246810";

export type ConsoleSystem = {
  api: TestApi;
  sandbox: Sandbox;
  secrets: readonly string[];
  code: string;
  /** Adds a message; answers its id. */
  add(account: string, number: number): Promise<string>;
  outcomeOf(jobId: string): Promise<{ status: string; code: string | null }>;
  accountIs(id: string, state: string): Promise<void>;
  close(): Promise<void>;
};

/** Accounts: `ada` works, `carl` waits for a code. */
export async function startConsoleSystem(settings: Partial<ApiSettings> = {}): Promise<ConsoleSystem> {
  const sandbox = await startSandbox();
  await sandbox.scenario({ codeRequired: [MARKERS.email], code: CODE });
  const api = await startTestApi({ fresh: true, settings });
  const worker: Worker = await startWorker({
    settings: testWorkerSettings(api.settings, { apiKey: MARKERS.apiKey, baseUrl: sandbox.url }),
    log: pino({ level: "silent" }),
  });
  const accountIs = async (id: string, state: string) => {
    await waitFor(async () => (await api.engine.accounts.read(id))?.state, {
      what: `${id} to be ${state}`,
      until: (seen) => seen === state,
    });
  };
  await api.as("admin").registerAccount({ id: "ada", email: "ada@example.com", password: MARKERS.password });
  await api.as("admin").registerAccount({ id: "carl", email: MARKERS.email, password: MARKERS.password });
  await accountIs("ada", "active");
  await accountIs("carl", "awaiting_code");
  const outcomeOf: ConsoleSystem["outcomeOf"] = async (jobId) => {
    const job = await waitFor(async () => await api.as("viewer").getJob({ jobId }), {
      what: `the outcome of ${jobId}`,
      until: ({ outcome }) => outcome !== null,
    });
    return job.outcome ?? { status: "", code: null };
  };
  const { secrets } = await api.engine.accounts.secretsOf(["ada", "carl"]);
  return {
    api,
    sandbox,
    code: CODE,
    secrets: [...secrets, ...Object.values(MARKERS), ...Object.values(SECRETS), Buffer.from(api.settings.secretsKey).toString("base64")],
    add: async (account, number) => {
      const input = { linkedin_url: `https://www.linkedin.com/in/person-${number}`, message_text: `Hello ${number}` };
      return (await api.as("producer").addJob({ operation: "message.send", accountId: account, input })).jobId;
    },
    outcomeOf,
    accountIs,
    close: async () => {
      await worker.drain();
      await sandbox.close();
      await api.close();
    },
  };
}

/** Pages that show something of everything that `fillConsole` made. */
export const ADDRESSES = [
  "/console",
  "/console/accounts",
  "/console/accounts/carl",
  "/console/accounts/carl/rules",
  "/console/people",
  "/console/unknown",
  "/console/campaigns",
  "/console/campaigns/spring",
  "/console/campaigns/spring/recipients",
  "/console/campaigns/spring/delete",
  "/console/campaigns/~new",
  "/console/campaigns/~new/senders?name=Summer&operation=message.send",
  "/console/campaigns/~new/text?name=Summer&operation=message.send&sender=ada",
  "/console/campaigns/spring/text",
  "/console/campaigns/spring/senders",
  "/console/campaigns/spring/list",
  "/console/campaigns/spring/start",
  "/console/jobs",
  "/console/jobs?find=none",
  "/console/jobs/~cancel?account=carl",
  "/console/jobs/~again?account=ada",
  "/console/credits",
  "/console/schedules",
  "/console/deliveries",
  "/console/system",
];

/** A done job, an unknown one, a held one, and a campaign. Answers the id of the unknown one. */
export async function fillConsole(system: ConsoleSystem): Promise<string> {
  await system.outcomeOf(await system.add("ada", 1));
  const unknown = await unknownJob(system, 2);
  await system.add("carl", 3);
  await system.api.as("producer").createCampaign({
    campaignId: "spring",
    name: "Spring",
    operation: "message.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi {{first_name|there}}" },
  });
  const recipients = [11, 12].map((number) => ({
    id: `person-${number}`,
    fields: { linkedin_url: `https://www.linkedin.com/in/person-${number}`, team: "A" },
  }));
  await system.api.engine.campaigns.accept("spring", { accountIds: ["ada"], recipients, revision: 1, offset: 0 });
  return unknown;
}

/** A message of which nobody knows whether it arrived. */
export async function unknownJob(system: ConsoleSystem, number: number): Promise<string> {
  await system.sandbox.scenario({ next: [{ status: "reset", when: "after", operation: "message.send" }] });
  const jobId = await system.add("ada", number);
  const { status } = await system.outcomeOf(jobId);
  if (status !== "unknown") throw new Error(`the outcome of ${jobId} is ${status}`);
  return jobId;
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** By how many pixels a page is wider than the screen. */
export async function tooWideBy(page: Page): Promise<number> {
  return await page
    .locator("html")
    .evaluate(({ scrollWidth, clientWidth }: { scrollWidth: number; clientWidth: number }) => scrollWidth - clientWidth);
}

/** The serious findings of axe on a page that was opened without its content policy. */
export async function seriousOn(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE }).catch(() => undefined);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

/** Takes a picture for the docs, where the run is asked for them (UPDATE_SCREENSHOTS=1). */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env["UPDATE_SCREENSHOTS"] !== "1") return;
  mkdirSync(IMAGES, { recursive: true });
  await page.screenshot({ path: join(IMAGES, name) });
}

type Seen = { requested: string[]; bodies: string[]; said: string[] };

type VisitOptions = { width?: Width; script?: boolean; dark?: boolean; csp?: boolean };

/** One browser for all visits of a file, and a context for each. */
export class Browsers {
  readonly seen: Seen = { requested: [], bodies: [], said: [] };
  readonly #url: string;
  readonly #path: string;
  #browser: Browser | null = null;
  readonly #open = new Set<BrowserContext>();
  readonly #reading: Promise<unknown>[] = [];

  constructor(url: string, path: string) {
    this.#url = url;
    this.#path = path;
  }

  /** A page that nobody has signed in to. */
  async visit({ width = "desk", script = true, dark = false, csp = true }: VisitOptions = {}): Promise<Page> {
    this.#browser ??= await chromium.launch({ timeout: WAIT_MS, executablePath: this.#path, args: BROWSER_FLAGS });
    const context = await this.#browser.newContext({
      viewport: WIDTHS[width],
      javaScriptEnabled: script,
      colorScheme: dark ? "dark" : "light",
      // axe is put into the page by the test.
      bypassCSP: !csp,
      timezoneId: "UTC",
      baseURL: this.#url,
    });
    this.#open.add(context);
    context.on("request", (request) => this.seen.requested.push(request.url()));
    context.on("response", (response) => {
      if (response.headers()["content-type"]?.startsWith("text/event-stream") === true) return;
      const read = response.text().then(
        (text) => this.seen.bodies.push(text),
        () => undefined,
      );
      this.#reading.push(read);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on("console", (message) => this.seen.said.push(message.text()));
    page.on("pageerror", (error) => this.seen.said.push(`error: ${error.message}`));
    return page;
  }

  /** A page of somebody who has signed in, at this address. */
  async signedIn(role: ApiRole, address = "/console", options: VisitOptions = {}): Promise<Page> {
    const page = await this.visit(options);
    await this.signIn(page, role);
    await page.goto(address);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    return page;
  }

  /** Signs a visitor in whose page is open nowhere yet. */
  async signIn(page: Page, role: ApiRole): Promise<void> {
    await page.context().addCookies([{ ...(await this.session(role)), url: this.#url, httpOnly: true, sameSite: "Strict" }]);
  }

  /** The cookie of a session, as the form of the sign-in page gets it. */
  async session(role: ApiRole): Promise<{ name: string; value: string }> {
    const body = new URLSearchParams({ name: `the-${role}`, secret: SECRETS[role] });
    const headers = { "sec-fetch-site": "same-origin" };
    const answer = await fetch(`${this.#url}/console/sign-in`, { method: "POST", redirect: "manual", headers, body });
    const [name = "", value = ""] = (answer.headers.getSetCookie()[0] ?? "").split(";")[0]?.split("=") ?? [];
    return { name, value };
  }

  /** Everything that a page's stream says until it has said this. */
  async streamed(role: ApiRole, { page, until }: { page: string; until: string }): Promise<string> {
    const { name, value } = await this.session(role);
    const gone = new AbortController();
    const answer = await fetch(`${this.#url}/console/stream?page=${page}`, {
      headers: { cookie: `${name}=${value}` },
      signal: gone.signal,
    });
    let text = "";
    for await (const piece of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes(until)) break;
    }
    gone.abort();
    this.seen.bodies.push(text);
    return text;
  }

  /** Closes all pages; the browser stays. */
  async leave(): Promise<void> {
    for (const context of this.#open) {
      for (const page of context.pages()) this.seen.bodies.push(await page.content().catch(() => ""));
      await context.close();
    }
    this.#open.clear();
    await Promise.all(this.#reading.splice(0));
  }

  async close(): Promise<void> {
    await this.leave();
    await this.#browser?.close();
  }
}
