/** An account whose sealed token, password or code does not open: its jobs wait, free and told, and a worker with a stale key closes nobody. */
import { randomBytes } from "node:crypto";
import { Secrets } from "@linkup-queue/queue";
import { resealAll } from "@linkup-queue/queue/inside";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

type Line = { level: number; msg: string; [fact: string]: unknown };

let system: System;
let lines: Line[];
afterEach(async () => system.close());

async function start(workers = 1): Promise<void> {
  lines = [];
  system = await startSystem({ workers, onLog: (line) => void lines.push(JSON.parse(line) as Line) });
}
const said = (words: string) => lines.filter(({ msg }) => msg.startsWith(words));
const keyOf = (id: string) => system.engine.scripts.keys.account(id);
const fieldOf = async (id: string, field: string) => (await system.engine.scripts.client.hget(keyOf(id), field)) ?? "";
const put = async (id: string, fields: Record<string, string>) => void (await system.engine.scripts.client.hset(keyOf(id), fields));
const parked = async (id: string, count: number) =>
  await waitFor(async () => (await system.engine.accounts.read(id))?.parked, {
    what: `${count} held jobs`,
    until: (seen) => seen === count,
  });
const registered = async (id: string) => await system.account(id, { loginToken: `token-of-${id}-0123456789` });
const logins = () => system.sandbox.summary().byOperation["auth.login"] ?? 0;

const DAMAGE = {
  "was altered": async () => `${(await fieldOf("ada", "token")).slice(0, -6)}AAAAAA`,
  "was put there from another account": async () => await fieldOf("bob", "token"),
  "is no sealed text": () => Promise.resolve("nonsense"),
  "was sealed with another key": async () => await new Secrets(randomBytes(32)).seal("a token", { purpose: "token", owner: "ada" }),
};

for (const [how, made] of Object.entries(DAMAGE)) {
  test(`an account whose token ${how} needs a person: its jobs wait, free and told once, others go on, and the same credentials sent again serve`, async () => {
    await start();
    await system.activeAccounts(["ada", "bob"]);
    const before = logins();
    const credits = (await system.credits()).total.charged;
    await put("ada", { token: await made() });
    await system.add("messages", [message("ada", 1), message("ada", 2)]);
    await system.accountIs("ada", "needs_attention");
    await parked("ada", 2);
    const account = await system.engine.accounts.read("ada");
    expect(account).toMatchObject({ why: "secret_unreadable" });
    expect((await system.credits()).total.charged).toBe(credits);
    await system.add("messages", [message("bob", 3)]);
    await system.outcomesArrive(1);
    expect(said("an account needs a person")).toMatchObject([{ accountId: "ada", why: "secret_unreadable" }]);
    // Resuming it opens nothing.
    await system.engine.accounts.resume("ada");
    await waitFor(() => said("an account needs a person").length === 2, { what: "the second line" });
    await system.account("ada");
    await system.outcomesArrive(3);
    expect(system.outcomes.every(({ status }) => status === "succeeded")).toBe(true);
    expect(logins()).toBe(before + 1);
    await expectAgreement(system);
  });
}

test("the same token sent again takes an account back to work, without a log-in", async () => {
  await start();
  await registered("ada");
  await put("ada", { token: "nonsense" });
  await system.add("messages", [message("ada", 1)]);
  await system.accountIs("ada", "needs_attention");
  await registered("ada");
  await system.outcomesArrive(1);
  expect(logins()).toBe(0);
});

test("a password that does not open is sent nowhere, and a code that does not is asked for again", async () => {
  await start();
  await system.activeAccounts(["bob"]);
  const before = logins();
  await system.engine.accounts.register("ada", { email: "ada@example.com", password: "secret-of-ada" });
  await put("ada", { credentials: await fieldOf("bob", "credentials") });
  const { accounts, authJobs } = system.engine;
  const need = await accounts.authNeed("ada");
  if (need !== null) await authJobs.add(need);
  await system.accountIs("ada", "needs_attention");
  expect(await accounts.read("ada")).toMatchObject({ why: "secret_unreadable" });
  expect(logins()).toBe(before);
  system.sandbox.scenario({ codeRequired: ["cyd@example.com"] });
  await system.account("cyd");
  await system.accountIs("cyd", "awaiting_code");
  const verify = await accounts.giveCode("cyd", "123456");
  await put("cyd", { code: "nonsense" });
  await authJobs.add(verify);
  await waitFor(async () => (await accounts.read("cyd"))?.why, { what: "the code to be told", until: (why) => why === "code_unreadable" });
  await authJobs.add(await accounts.giveCode("cyd", "123456"));
  await system.accountIs("cyd", "active");
  expect(system.sandbox.summary().byOperation["auth.verify"]).toBe(1);
});

test("a worker that others have gone past with another secrets key stops and closes no account, and one with that key does its jobs", async () => {
  await start(0);
  const stale = await system.startWorker();
  await system.activeAccounts(["ada"]);
  // As a worker does with the next key while it starts: the accounts first.
  const key = randomBytes(32);
  await resealAll(system.engine.scripts, new Secrets(key, system.settings.secretsKey));
  const canary = await system.engine.secrets.sealCanary();
  await system.engine.scripts.client.hset(system.engine.scripts.keys.state, "keyCanary", canary);
  await system.add("messages", [message("ada", 1)]);
  expect(await stale.lost).toMatchObject({ code: "secrets_key_wrong" });
  expect(await system.engine.accounts.read("ada")).toMatchObject({ state: "active" });
  await stale.drain();
  expect(system.outcomes).toEqual([]);
  await expect(system.startWorker()).rejects.toMatchObject({ code: "secrets_key_wrong" });
  await system.startWorker({ secretsKey: key, secretsKeyOld: system.settings.secretsKey });
  await system.outcomesArrive(1);
  expect(said("an account needs a person")).toEqual([]);
  await expectAgreement(system);
});

test("a worker that starts with the key that opens a token takes its account back to work, without a log-in", async () => {
  await start();
  await registered("ada");
  const other = randomBytes(32);
  await put("ada", { token: await new Secrets(other).seal("token-of-ada-0123456789", { purpose: "token", owner: "ada" }) });
  await system.add("messages", [message("ada", 1)]);
  await system.accountIs("ada", "needs_attention");
  await parked("ada", 1);
  await system.startWorker({ secretsKeyOld: other });
  await system.outcomesArrive(1);
  expect(logins()).toBe(0);
  expect(said("an account is back at work")).toMatchObject([{ accountId: "ada", was: "needs_attention" }]);
});
