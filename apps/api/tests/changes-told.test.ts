/** Changes that the api makes for people are one line of its log each, and what changes nothing is none. */
import { startSandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { startWorker } from "@linkup-queue/worker";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi({ fresh: true });
});
afterEach(async () => await api.close());

const ask = async (line: string, body?: unknown) => expect((await api.call("admin", line, body)).status, line).toBeLessThan(300);

/** The lines about changes, without what each line of a log has. */
function told(): object[] {
  const lines = api.logged().split("\n").filter(Boolean);
  return lines.flatMap((text) => {
    const { level, msg, ...facts } = JSON.parse(text) as { level: number; msg: string; [fact: string]: unknown };
    if (!/^(an account (is|needs)|the key (is|was)|a brake was|LinkUp (itself|takes))/.test(msg)) return [];
    const { accountId, why, was, by, caller, reason, operation } = facts;
    return [{ msg: msg.split(":")[0], ...JSON.parse(JSON.stringify({ accountId, why, was, by, caller, reason, operation })) }];
  });
}

test("an account that is paused, resumed and removed, or comes back with a new token", async () => {
  await ask("PUT /v1/accounts/ada", { login_token: "a-token-0123456789" });
  await ask("POST /v1/accounts/ada/pause");
  await ask("POST /v1/accounts/ada/pause");
  await ask("POST /v1/accounts/ada/resume");
  await ask("POST /v1/accounts/ada/resume");
  await api.engine.scripts.client.hset(api.engine.scripts.keys.account("ada"), {
    state: "needs_attention",
    why: "tokens_die_young",
    toldState: "needs_attention",
  });
  await ask("PUT /v1/accounts/ada", { login_token: "another-token-0123456789" });
  await ask("DELETE /v1/accounts/ada");
  expect(told()).toEqual([
    { msg: "an account is paused by hand", accountId: "ada", why: "by_hand" },
    { msg: "an account is back at work", accountId: "ada", was: "paused" },
    { msg: "an account is back at work", accountId: "ada", was: "needs_attention" },
    { msg: "an account is removed", accountId: "ada" },
  ]);
});

test("a key that is stopped and opened, and a brake that is taken off", async () => {
  const gone = { status: 404, body: { detail: "Not Found" }, operation: "profile.scrape", times: 99 };
  const sandbox = await startSandbox({ scenario: { next: [gone] } });
  const worker = await startWorker({
    settings: testWorkerSettings(api.settings, { baseUrl: sandbox.url }),
    log: pino({ level: "silent" }),
  });
  try {
    await ask("PUT /v1/accounts/ada", { email: "ada@example.com", password: "secret" });
    const input = { linkedin_url: "https://www.linkedin.com/in/someone" };
    await ask("POST /v1/jobs", { operation: "profile.scrape", accountId: "ada", input });
    await waitFor(async () => (await api.engine.keys.read()).brakes.length, { what: "the brake", until: (count) => count === 1 });
    for (const word of ["pause", "pause", "resume", "resume"]) await ask(`POST /v1/key/${word}`);
    await ask("POST /v1/brakes/operation%3Aprofile.scrape/release");
  } finally {
    await worker.drain();
    await sandbox.close();
  }
  const caller = "the-admin";
  expect(told()).toEqual([
    { msg: "the key was stopped by hand", caller },
    { msg: "the key was opened by hand", by: "person", caller, reason: "by_hand" },
    { msg: "a brake was taken off by hand", by: "person", caller, operation: "profile.scrape" },
  ]);
});
