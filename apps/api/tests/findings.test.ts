/** Findings over HTTP: the same as `linkup doctor` finds, and the day's credits, from a Redis that is changed under the api. */
import { endOf, jobDigest, NO_HISTORY, settlementOf } from "@linkup-queue/queue";
import { acquireRedis } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

type Found = { code: string; severity: string; message: string; remedy: string; since?: string; subject?: string };

let api: TestApi;
beforeAll(async () => {
  const redis = await acquireRedis({ durable: false, fresh: true });
  api = await startTestApi({ redis, settings: { maxCreditsPerDay: 10 } });
});
afterAll(async () => api?.close());

async function found(code: string): Promise<Found[]> {
  const { status, body } = await api.call("viewer", "GET /v1/findings");
  expect(status).toBe(200);
  return (body as { items: Found[] }).items.filter((one) => one.code === code);
}

test("an eviction policy that is changed at run time is found, with the command that mends it", async () => {
  const { client } = api.engine.scripts;
  expect(await found("eviction")).toMatchObject([{ severity: "ok" }]);
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  const remedy = expect.stringContaining("redis-cli config set maxmemory-policy noeviction") as string;
  expect(await found("eviction")).toMatchObject([{ severity: "warn", remedy }]);
  await client.config("SET", "maxmemory-policy", "noeviction");
});

test("the day's credits are told with what is spent, out, and who waits; once they are used up that is found", async () => {
  const { scripts } = api.engine;
  const input = { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" };
  for (let number = 0; number < 3; number++) {
    await api.call("producer", "POST /v1/jobs", { operation: "message.send", accountId: "ada", input, idempotencyKey: `day-${number}` });
  }
  const { nowMs } = await api.engine.keys.read();
  const today = scripts.keys.credits(Math.floor(nowMs / 86_400_000));
  await scripts.client.hset(today, { charged: 6, uncertain: 1, held: 2 });
  const midnight = expect.stringMatching(/T00:00:00\.000Z$/) as string;
  const told = { limit: 10, spent: 7, committed: 2, resetsAt: midnight, waiting: 0 };
  expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({ dayBudget: told });
  expect(await found("day_budget")).toMatchObject([{ severity: "ok" }]);
  await scripts.client.hset(today, { charged: 7 });
  expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({ dayBudget: { ...told, spent: 8, waiting: 3 } });
  expect(await found("day_budget")).toMatchObject([{ severity: "warn", message: expect.stringContaining("3 jobs wait until") as string }]);
  // Behind others of their account; the last one's rest is not over.
  await api.call("admin", "PUT /v1/accounts/lane", { login_token: "token" });
  await scripts.client.zadd(scripts.keys.lane("lane"), 0, "one", 0, "two", nowMs + 3_600_000, "three");
  expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({ dayBudget: { waiting: 5 } });
  await scripts.client.hset(scripts.keys.account("lane"), { state: "disabled" });
  expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({ dayBudget: { waiting: 3 } });
  await scripts.client.del(scripts.keys.lane("lane"));
  const { body } = await api.call("viewer", "GET /metrics");
  expect(body).toMatch(/^linkup_day_budget_credits\{kind="spent"\} 8$/m);
  expect(body).toMatch(/^linkup_day_budget_waiting 3$/m);
});

test("settings in which live workers differ are found, with the strictest, which holds", async () => {
  const { engine } = api;
  const { client, keys } = engine.scripts;
  const bounds = { limit: 300, windowMs: 60_000, marginMs: 100, accountMax: 1 };
  const { nowMs } = await engine.keys.read();
  for (const [worker, limit] of Object.entries({ a: 300, b: 60 })) {
    await client.zadd(keys.workers, nowMs + 60_000, worker);
    await client.hset(keys.workerBounds, worker, JSON.stringify({ ...bounds, limit }));
  }
  const message = "LINKUP_RATE_LIMIT is 60 and 300: 60 holds";
  expect(await found("worker_settings")).toMatchObject([{ severity: "warn", message, subject: "LINKUP_RATE_LIMIT" }]);
  expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({
    rateLimit: 60,
    differences: [{ setting: "LINKUP_RATE_LIMIT", holds: 60, values: [60, 300] }],
  });
  await client.del(keys.workers, keys.workerBounds);
  expect(await found("worker_settings")).toEqual([]);
});

test("campaigns, webhooks and the archive are looked at, each by its name", async () => {
  const { client, keys } = api.engine.scripts;
  await client.zadd(keys.campaigns, 0, "spring");
  await client.hset(keys.campaign("spring"), { state: "running", stalled: "accounts_away", accepted: 5, fed: 1, ended: 0, maxCredits: "" });
  expect(await found("campaigns")).toMatchObject([{ severity: "warn", subject: "spring" }]);
  await api.call("admin", "PUT /v1/webhooks/crm", { url: "http://127.0.0.1:9/", secret: `whsec_${"a".repeat(32)}` });
  expect(await found("webhooks")).toMatchObject([{ severity: "ok" }]);
  await client.hset(keys.webhook("crm"), { fails: 12, failingSince: 1, lastError: "refused" });
  expect(await found("webhooks")).toMatchObject([{ severity: "fail", subject: "crm", since: "1970-01-01T00:00:00.001Z" }]);
  await client.set(keys.archiving, "1");
  await client.xadd(keys.toArchive, "1-1", "o", "an-outcome");
  expect(await found("archive")).toMatchObject([{ severity: "fail", message: expect.stringContaining("no process archives") as string }]);
});

test("a brake, a write of unknown effect, and a schedule whose account is gone are found, each by its name", async () => {
  const { client, keys } = api.engine.scripts;
  const { nowMs } = await api.engine.keys.read();
  expect(await found("brake")).toEqual([]);
  await client.hset(keys.state, "refusals", 1);
  await client.zadd(keys.brakes, nowMs - 60_000, "profile.scrape");
  await client.hset(keys.brake("profile.scrape"), {
    since: nowMs - 60_000,
    cause: "path-gone",
    step: 0,
    seq: 1,
    nextProbe: nowMs + 60_000,
  });
  expect(await found("brake")).toMatchObject([{ severity: "warn", subject: "profile.scrape" }]);

  expect(await found("unknown_outcomes")).toMatchObject([{ severity: "ok" }]);
  const ref = { queue: "messages" as const, id: "lost-in-between", timestamp: nowMs };
  const meta = { operation: "message.send", accountId: "ada", campaignId: null, recipientId: null, redriveOf: null, enqueuedAtMs: nowMs };
  const ending = { status: "unknown" as const, code: "timed_out" as const, message: "Nobody knows", httpStatus: null, output: null };
  const { outcome, end } = endOf(ref, meta, { ending, history: NO_HISTORY });
  await api.engine.gate.settle(settlementOf(ref, meta, { next: { kind: "end", ...end } }));
  await api.engine.outbox.publish(jobDigest(ref), outcome);
  // As BullMQ keeps a job that our worker failed.
  const { tag } = api.engine.scripts;
  await client.hset(`${tag}:messages:${ref.id}`, { name: "message.send", data: "{}", opts: "{}", timestamp: nowMs, finishedOn: nowMs });
  await client.zadd(`${tag}:messages:failed`, nowMs, ref.id);
  expect(await found("unknown_outcomes")).toMatchObject([
    { severity: "warn", message: expect.stringContaining("lost-in-between") as string },
  ]);

  const job = {
    operation: "message.send",
    accountId: "nobody",
    input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" },
  };
  expect((await api.call("admin", "PUT /v1/schedules/daily", { cron: "0 9 * * *", timezone: "UTC", job })).status).toBe(200);
  expect(await found("schedules")).toMatchObject([{ severity: "warn", subject: "daily" }]);
});
