/** Lists of the console as tables to download: all that the filters mean, a page of it in hand at a time, for as long as somebody reads. */
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "@linkup-queue/testkit";
import { parse } from "csv-parse/sync";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PageCall, PageTable } from "../src/console/frame/console-page.ts";
import { sendList } from "../src/console/send-list.ts";
import { LIMITS } from "../src/http/limits.ts";
import { type SignedIn, signInToConsole } from "./console-signed-in.ts";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
let viewer: SignedIn;
const JOBS = 450;
const MOST = 600;

beforeAll(async () => {
  api = await startTestApi({ fresh: true, limits: { tableRows: MOST } });
  for (const id of ["ada", "bob"]) await api.call("admin", `PUT /v1/accounts/${id}`, { login_token: `token-of-${id}` });
  // The page behind the sign-in reads all accounts, which are known from it for a while.
  viewer = await signInToConsole(api.api.url, "viewer");
  const jobs = Array.from({ length: JOBS }, (_one, n) => ({ accountId: n % 3 === 0 ? "bob" : "ada", recipientId: `=crm ${n}` }));
  await addJobs(jobs);
});
afterAll(async () => api.close());

async function addJobs(jobs: readonly { accountId: string; recipientId: string }[]): Promise<void> {
  const lines = jobs.map((job, n) => {
    const input = { linkedin_url: `https://www.linkedin.com/in/table-${n}`, message_text: "Hello" };
    return { operation: "message.send", ...job, input };
  });
  const added = await fetch(`${api.api.url}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": "application/x-ndjson", accept: "application/json" },
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  expect(await added.json()).toMatchObject({ accepted: jobs.length });
}

const rowsOf = (text: string): Record<string, string>[] => parse(text, { columns: true });

test("the table of jobs has all pages of what the filters mean, each job once, by the names of its head, and no formula", async () => {
  const all = rowsOf((await viewer.page("/jobs.csv")).text);
  expect(all).toHaveLength(JOBS);
  expect(new Set(all.map(({ recipientId }) => recipientId)).size).toBe(JOBS);
  expect(all[0]).toMatchObject({
    queue: "messages",
    operation: "message.send",
    state: "waits",
    recipientId: expect.stringMatching(/^'=crm/),
  });
  const ofBob = rowsOf((await viewer.page("/jobs.csv?account=bob&state=waiting")).text);
  expect(ofBob.map(({ account }) => account)).toEqual(Array.from({ length: JOBS / 3 }, () => "bob"));
});

test("a table of more rows than it may have says so in its last row", async () => {
  await addJobs(Array.from({ length: MOST - JOBS + 1 }, (_one, n) => ({ accountId: "ada", recipientId: `more ${n}` })));
  const rows = rowsOf((await viewer.page("/jobs.csv")).text);
  expect(rows).toHaveLength(MOST + 1);
  expect(rows.at(-1)?.["jobId"]).toBe(
    `Only the first ${MOST} rows are in this file: there are more, for which the list has narrower filters`,
  );
});

test("a filter that can't be read is told on a page, and what a role does not see it does not download", async () => {
  const refused = await viewer.page("/jobs.csv?state=nowhere");
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("state must be one of");
  for (const path of ["/schedules.csv", "/deliveries.csv"]) expect((await viewer.page(path)).status).toBe(404);
  expect((await fetch(`${api.api.url}/console/jobs.csv`)).status).toBe(401);
});

test("accounts, campaigns, schedules and webhooks are tables, too", async () => {
  const admin = await signInToConsole(api.api.url, "admin");
  await api.call("producer", "POST /v1/campaigns", {
    campaignId: "spring",
    name: "Spring, the first",
    operation: "message.send",
    accountIds: ["ada", "bob"],
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi" },
  });
  await api.call("producer", "PUT /v1/schedules/daily", {
    cron: "0 9 * * *",
    timezone: "Europe/Amsterdam",
    job: { operation: "connection.list", accountId: "ada", input: {} },
  });
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const webhook = await api.call("admin", "PUT /v1/webhooks/crm", { url: "http://127.0.0.1:9/a-token", secret });
  expect(webhook.status).toBeLessThan(300);
  expect(rowsOf((await viewer.page("/accounts.csv?find=bob")).text)).toMatchObject([{ account: "bob", state: "active" }]);
  expect(rowsOf((await viewer.page("/campaigns.csv?state=draft&find=spring")).text)).toMatchObject([
    { campaignId: "spring", name: "Spring, the first", state: "draft", recipients: "0", succeeded: "0", senders: "ada bob" },
  ]);
  expect(rowsOf((await viewer.page("/campaigns.csv?state=running")).text)).toEqual([]);
  expect(rowsOf((await viewer.page("/unknown.csv")).text)).toEqual([]);
  expect(rowsOf((await admin.page("/schedules.csv")).text)).toMatchObject([
    { schedule: "daily", cron: "0 9 * * *", timezone: "Europe/Amsterdam", "its job": "", missed: "0" },
  ]);
  const webhooks = (await admin.page("/deliveries.csv")).text;
  expect(rowsOf(webhooks)).toMatchObject([{ webhook: "crm", host: "127.0.0.1:9", state: "ok", "dead letters": "0" }]);
  expect(webhooks).not.toContain("a-token");
});

/** A list without an end: how many of its pages are asked for, and whether the reading was ended. */
class Endless {
  asked = 0;
  isOver = false;
  readonly table: PageTable = { file: "endless", head: ["text"], pages: () => this.#pages() };

  async *#pages(): AsyncGenerator<string[][], void, undefined> {
    try {
      for (;;) {
        this.asked += 1;
        yield Array.from({ length: 100 }, () => ["x".repeat(1_000)]);
        await new Promise(setImmediate);
      }
    } finally {
      this.isOver = true;
    }
  }
}

test("a list is read no faster than its client reads, and no further once the client is gone", async () => {
  const list = new Endless();
  const app = express();
  const context = {
    limits: { ...LIMITS, tableRows: Number.MAX_SAFE_INTEGER },
    redis: { within: async <T>(ask: () => Promise<T>) => await ask() },
    stopping: new AbortController().signal,
    trouble: { see: () => undefined },
  };
  app.get("/", async (_request, response) => {
    await sendList(list.table, { call: {} as PageCall, response, context });
  });
  const server = app.listen(0, "127.0.0.1");
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const asking = request({ port, host: "127.0.0.1" });
    asking.end();
    const answer = await new Promise<NodeJS.ReadableStream>((resolve) => asking.once("response", resolve));
    // It reads nothing more: what the sockets hold is full, and no page is asked for.
    const stands = async () => {
      const before = list.asked;
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
      return list.asked === before;
    };
    await waitFor(stands, { what: "the reading to stand", until: (isStill) => isStill });
    expect(list.isOver).toBe(false);
    asking.destroy();
    answer.on("error", () => undefined);
    await waitFor(() => list.isOver, { what: "the reading to end", until: (isOver) => isOver });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
