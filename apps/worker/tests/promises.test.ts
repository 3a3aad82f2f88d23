/** Two promises over a whole run: no credit is wasted, and no secret is anywhere to be read. */
import { OPERATIONS } from "@linkup-queue/contracts";
import { connectRedis } from "@linkup-queue/queue";
import { testSecretsKey } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";
import { spawnWorker } from "./worker-process.ts";

let system: System;
afterEach(async () => system.close());

test("200 jobs of 20 accounts, a fifth of all answers 500, each token dying once: all succeed, at the least price", async () => {
  const ACCOUNTS = Array.from({ length: 20 }, (_, n) => `acc-${n}`);
  const JOBS = 200;
  system = await startSystem({
    workers: 2,
    settings: { maxAttempts: 12, rateLimit: 100_000 },
    scenario: { limit: null, share500Before: 0.2, dieOnce: { afterCalls: 5 }, latencyMs: { min: 1, max: 10 } },
  });
  await Promise.all(ACCOUNTS.map((id) => system.account(id)));
  const account = (n: number) => ACCOUNTS[n % ACCOUNTS.length] ?? "";
  const numbers = Array.from({ length: JOBS / 2 }, (_, n) => n);
  await system.add(
    "messages",
    numbers.map((n) => message(account(n), n)),
  );
  await system.add(
    "profiles",
    numbers.map((n) => scrape(account(n), n)),
  );
  // Wrong ones in between cost nothing.
  await system.add(
    "network",
    numbers.slice(0, 20).map((n): NewJob => ({ name: "invitation.send", data: { accountId: account(n), input: {} } })),
  );
  await system.outcomesArrive(JOBS + 20);

  const wrong = system.outcomes.filter(({ queue }) => queue === "network");
  expect(wrong.every(({ code, credits }) => code === "invalid_input" && credits.charged === 0)).toBe(true);
  const good = system.outcomes.filter(({ queue }) => queue !== "network");
  expect(good).toHaveLength(JOBS);
  expect(good.every(({ status }) => status === "succeeded")).toBe(true);
  const { byStatus, byOperation, logins, effects } = system.sandbox.summary();
  const deaths = byStatus["403"] ?? 0;
  expect(byStatus["500"], "the sandbox must have thrown its 500s").toBeGreaterThan(JOBS / 10);
  expect(logins.tokens).toBe(2 * ACCOUNTS.length);
  expect(deaths).toBeLessThanOrEqual(ACCOUNTS.length);
  expect(deaths).toBeGreaterThan(0);
  expect(byOperation["invitation.send"]).toBeUndefined();
  expect(effects.done).toBe(JOBS / 2);
  const { total } = await system.credits();
  expect(total).toEqual({ charged: JOBS + logins.tokens + deaths, uncertain: 0, wasted: deaths, redriven: 0 });
  await expectAgreement(system);
});

test("an answer costs what the catalogue says, operation by operation", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  const jobs: { queue: string; job: NewJob; price: number }[] = [
    { queue: "messages", price: 1, job: message("ada", 1) },
    { queue: "messages", price: 2, job: sending({ message_text: "Look", media_link: "https://example.com/a.png" }) },
    { queue: "messages", price: 3, job: { name: "message.inbox", data: { accountId: "ada", input: { total_results: 21 } } } },
    { queue: "network", price: 4, job: { name: "connection.list", data: { accountId: "ada", input: { start_page: 2, end_page: 5 } } } },
    { queue: "profiles", price: 1, job: scrape("ada", 1) },
  ];
  for (const { queue, job, price } of jobs) {
    const before = system.sandbox.summary().credits.charged;
    const count = system.outcomes.length;
    await system.add(queue, [job]);
    await system.outcomesArrive(count + 1);
    expect(system.outcomes.at(-1)).toMatchObject({ status: "succeeded", credits: { charged: price, uncertain: 0 } });
    expect(system.sandbox.summary().credits.charged - before).toBe(price);
  }
  expect(jobs.every(({ job }) => job.name in OPERATIONS)).toBe(true);
  await expectAgreement(system);
});

function sending(fields: Readonly<Record<string, string>>): NewJob {
  return { name: "message.send", data: { accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x", ...fields } } };
}

test("no API key, password, login token, code or secrets key is in any log line at trace, in any key or value of Redis, or in any outcome", async () => {
  const secrets = {
    apiKey: "lk-live-0123456789-api-key",
    password: "correct-horse-battery-staple",
    brought: "AQED-brought-along-token-0123456789",
    code: "735194",
    inJob: "AQED-token-that-a-producer-put-into-a-job",
    secretsKey: testSecretsKey(),
  };
  system = await startSystem({
    workers: 0,
    settings: { apiKey: secrets.apiKey, secretsKey: Buffer.from(secrets.secretsKey, "base64") },
    scenario: {
      code: secrets.code,
      codeRequired: ["coded@example.com"],
      badPassword: ["refused@example.com"],
      dieOnce: { afterCalls: 1 },
      next: [
        { status: 400, message: `Bad parameter: ${secrets.apiKey} ${secrets.password}`, operation: "message.send" },
        { status: "reset", operation: "profile.scrape" },
      ],
    },
  });
  const worker = await spawnWorker(system, { LOG_LEVEL: "trace" });
  const password = secrets.password;
  await system.account("ada", { email: "ada@example.com", password });
  await system.account("coded", { email: "coded@example.com", password });
  await system.account("refused", { email: "refused@example.com", password });
  await system.account("brought", { loginToken: secrets.brought });
  await system.accountIs("coded", "awaiting_code");
  await system.engine.authJobs.add(await system.engine.accounts.giveCode("coded", secrets.code));
  // BullMQ keeps a producer's own data as it came, so a job with a secret in it is the producer's doing; that we don't spread it is ours.
  const careless = sending({ message_text: "Hi", login_token: secrets.inJob });
  await system.add("messages", [
    ...[1, 2, 3].map((n) => message("ada", n)),
    message("coded", 4),
    message("brought", 5),
    message("refused", 6),
  ]);
  await system.add("profiles", [scrape("ada", 1), scrape("ada", 2)]);
  const [carelessId] = await system.add("messages", [careless]);
  await system.outcomesArrive(8);
  await system.accountIs("refused", "needs_attention");
  const tokens = await mintedTokens();
  const dump = await dumpRedis(`messages:${carelessId}`);
  expect(await worker.kill("SIGTERM")).toEqual({ code: 0, signal: null });

  const places = { logs: JSON.stringify(worker.lines) + worker.stderr(), redis: dump, outcomes: JSON.stringify(system.outcomes) };
  expect(worker.lines.length).toBeGreaterThan(10);
  expect(dump).toContain("credentials");
  expect(tokens.length).toBeGreaterThan(1);
  for (const [place, text] of Object.entries(places)) {
    for (const [name, secret] of [...Object.entries(secrets), ...tokens.map((token, n) => [`token ${n}`, token] as const)]) {
      // A six-digit code may be in a timestamp by chance; as a word of its own it is not.
      const found = name === "code" ? new RegExp(`(?<![0-9])${secret}(?![0-9])`).test(text) : text.includes(secret);
      expect(found, `${name} in ${place}`).toBe(false);
    }
  }
});

/** The tokens that accounts hold now, in clear: opened with the key that only this test and the worker know. */
async function mintedTokens(): Promise<string[]> {
  const { scripts, secrets } = system.engine;
  const tokens: string[] = [];
  for (const { id } of await system.engine.accounts.list({ limit: 100 })) {
    const sealed = await scripts.client.hget(scripts.key(`account:${id}`), "token");
    if (sealed) tokens.push(await secrets.open(sealed, { purpose: "token", owner: id }));
  }
  return tokens;
}

/** Every key and value of the test's Redis as text, but the one that ends in `without`. */
async function dumpRedis(without: string): Promise<string> {
  const client = await connectRedis(system.settings.redis);
  const parts: unknown[] = [];
  for (const key of await client.keys("*")) {
    if (key.endsWith(without)) continue;
    parts.push(key);
    switch (await client.type(key)) {
      case "string":
        parts.push(await client.get(key));
        break;
      case "hash":
        parts.push(await client.hgetall(key));
        break;
      case "list":
        parts.push(await client.lrange(key, 0, -1));
        break;
      case "set":
        parts.push(await client.smembers(key));
        break;
      case "zset":
        parts.push(await client.zrange(key, "0", "-1", "WITHSCORES"));
        break;
      case "stream":
        parts.push(await client.xrange(key, "-", "+"));
    }
  }
  client.disconnect();
  return JSON.stringify(parts);
}
