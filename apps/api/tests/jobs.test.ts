/** Jobs over HTTP, against a real Redis and no worker: accepting, keys, looking, listing, cancelling. */

import { queuePrefix } from "@linkup-queue/contracts";
import { jobDigest, outcomeIdOf } from "@linkup-queue/queue";
import { CallQueues, readOutcome } from "@linkup-queue/queue/inside";
import { fromNow } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

type Added = { queue: string; jobId: string; duplicate: boolean };

function message(number: number, more: Record<string, unknown> = {}) {
  const input = { linkedin_url: `https://www.linkedin.com/in/person-${number}`, message_text: `Hello ${number}` };
  return { operation: "message.send", accountId: "ada", input, ...more };
}

async function add(job: unknown): Promise<Added> {
  const { status, body } = await api.call("producer", "POST /v1/jobs", job);
  expect(status, JSON.stringify(body)).toBe(202);
  return body as Added;
}

const bull = (queue: string, key: string) => `${queuePrefix(api.settings.keyId)}:${queue}:${key}`;

test("an accepted job lies in its queue with its priority and canonical data", async () => {
  const { queue, jobId, duplicate } = await add(message(1, { priority: "urgent", campaignId: "c-1", recipientId: "r-1" }));
  expect({ queue, duplicate }).toEqual({ queue: "messages", duplicate: false });
  const stored = await api.engine.scripts.client.hgetall(bull(queue, jobId));
  expect(stored["name"]).toBe("message.send");
  expect(stored["priority"]).toBe("1");
  expect(JSON.parse(stored["data"] ?? "")).toMatchObject({ v: 1, accountId: "ada", campaignId: "c-1", recipientId: "r-1" });
  expect(await api.call("viewer", `GET /v1/jobs/${jobId}`)).toMatchObject({
    status: 200,
    body: { queue, jobId, state: "waiting", operation: "message.send", accountId: "ada", campaignId: "c-1", outcome: null },
  });
});

test("the same key gives the same job, a key belongs to its caller, and another job under it is refused", async () => {
  const first = await add(message(2, { idempotencyKey: "order-2" }));
  expect(await add(message(2, { idempotencyKey: "order-2" }))).toEqual({ ...first, duplicate: true });
  const found = await api.call("viewer", "GET /v1/jobs?idempotencyKey=order-2");
  expect(found.body).toMatchObject({ items: [{ jobId: first["jobId"], operation: "message.send", accountId: "ada" }], nextCursor: null });
  expect((await api.call("viewer", "GET /v1/jobs?idempotencyKey=order-2&state=failed")).body).toEqual({ items: [], nextCursor: null });
  expect((await api.call("viewer", "GET /v1/jobs?idempotencyKey=order-none")).body).toEqual({ items: [], nextCursor: null });
  const other = await api.call("producer", "POST /v1/jobs", message(3, { idempotencyKey: "order-2" }));
  expect(other).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
  const elsewhere = { operation: "profile.me", accountId: "ada", input: {}, idempotencyKey: "order-2" };
  expect((await api.call("producer", "POST /v1/jobs", elsewhere)).status).toBe(409);
  const foreign = await api.call("admin", "POST /v1/jobs", message(3, { idempotencyKey: "order-2" }));
  expect(foreign.status).toBe(202);
  expect((foreign.body as Added).jobId).not.toBe(first.jobId);
});

test("a key holds after BullMQ removed its job and the ledger kept a byte of it", async () => {
  const job = message(4, { idempotencyKey: "order-4" });
  const { queue, jobId } = await add(job);
  expect((await api.call("producer", `DELETE /v1/jobs/${jobId}`)).status).toBe(200);
  expect(await api.engine.scripts.client.exists(bull(queue, jobId))).toBe(0);
  expect(await add(job)).toEqual({ queue, jobId, duplicate: true });
  expect(await api.engine.scripts.client.exists(bull(queue, jobId)), "it must not come back").toBe(0);
  expect((await api.call("producer", "POST /v1/jobs", message(5, { idempotencyKey: "order-4" }))).status).toBe(409);
});

test("a crash between the key's record and the job is healed by sending again", async () => {
  const job = message(6, { idempotencyKey: "order-6" });
  const { queue, jobId } = await add(job);
  const { client } = api.engine.scripts;
  // The remains of a crash: the record, and no job.
  await client.del(bull(queue, jobId));
  await client.zrem(bull(queue, "prioritized"), jobId);
  expect((await add(job)).jobId).toBe(jobId);
  expect(await client.exists(bull(queue, jobId))).toBe(1);
});

test("runAt delays, expiresAt must come after it, and dryRun adds nothing but tells the cost", async () => {
  const later = fromNow(3_600_000).toISOString();
  const { jobId } = await add(message(7, { runAt: later }));
  expect((await api.call("viewer", `GET /v1/jobs/${jobId}`)).body).toMatchObject({ state: "delayed" });
  const sooner = fromNow(1_800_000).toISOString();
  const wrong = await api.call("producer", "POST /v1/jobs", message(7, { runAt: later, expiresAt: sooner }));
  expect(wrong).toMatchObject({ status: 400, body: { error: { issues: [{ path: "expiresAt" }] } } });
  const counted = () => api.engine.scripts.client.zcard(bull("messages", "prioritized"));
  const before = await counted();
  const media = { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi", media_link: "https://example.com/a.png" };
  const dry = await api.call("producer", "POST /v1/jobs?dryRun=1", message(8, { input: media }));
  expect(dry).toMatchObject({ status: 200, body: { dryRun: true, queue: "messages", credits: 2, price: { evidence: "documented" } } });
  expect(await counted()).toBe(before);
});

test("everything wrong with a job is told at once, with paths and without values", async () => {
  const secret = "AQED-a-login-token";
  const answer = await api.call("producer", "POST /v1/jobs", {
    operation: "message.send",
    accountId: "not an id",
    input: { linkedin_url: "nonsense", login_token: secret },
    priority: "now",
    runAt: "tomorrow",
    redriveOf: "x",
    template: { revision: 1, fields: {} },
    colour: "red",
  });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).not.toContain(secret);
  const { issues } = (answer.body as { error: { issues: { path: string }[] } }).error;
  expect(issues.map(({ path }) => path).sort()).toEqual(
    [
      "accountId",
      "colour",
      "input.linkedin_url",
      "input.login_token",
      "input.message_text",
      "priority",
      "redriveOf",
      "runAt",
      "template",
    ].sort(),
  );
  expect((await api.call("producer", "POST /v1/jobs", { accountId: "ada", input: {} })).body).toMatchObject({
    error: { issues: [{ path: "operation" }] },
  });
});

test("a cancelled job ends with one cancelled outcome, leaves its queue, and can't be cancelled twice", async () => {
  const { queue, jobId } = await add(message(9));
  const gone = await api.call("producer", `DELETE /v1/jobs/${jobId}`);
  expect(gone).toMatchObject({ status: 200, body: { state: "failed", outcome: { status: "cancelled", code: "cancelled", calls: 0 } } });
  const digest = jobDigest({ queue: "messages", id: jobId, timestamp: 0 });
  expect(await readOutcome(api.engine.scripts, outcomeIdOf(digest))).toMatchObject({ status: "cancelled", jobId });
  expect(await api.engine.scripts.client.exists(bull("results", outcomeIdOf(digest)))).toBe(1);
  expect(await api.engine.scripts.client.zscore(bull(queue, "prioritized"), jobId)).toBeNull();
  expect((await api.call("producer", `DELETE /v1/jobs/${jobId}`)).status).toBe(409);
  expect((await api.call("producer", "DELETE /v1/jobs/no-such-job")).status).toBe(404);
});

test("a job that a plain producer gave an id of its choice is shown, and once cancelled is not listed as waiting, though it lies in a list", async () => {
  const client = api.engine.scripts.client;
  const queues = new CallQueues(client, api.settings.keyId);
  for (const jobId of ["order 17", "bestellung-ü", "x".repeat(300)]) {
    const path = `${encodeURIComponent(jobId)}?queue=profiles`;
    await queues.of("profiles").add("profile.me", { accountId: "plain", input: {} }, { jobId });
    const listed = async (state: string) => (await api.call("viewer", `GET /v1/jobs?accountId=plain&state=${state}`)).body;
    expect(await api.call("viewer", `GET /v1/jobs/${path}`)).toMatchObject({ status: 200, body: { jobId, state: "waiting" } });
    expect(await listed("waiting")).toMatchObject({ items: [{ jobId }] });
    expect(await api.call("producer", `DELETE /v1/jobs/${path}`)).toMatchObject({ status: 200, body: { state: "failed" } });
    expect(await client.lpos(bull("profiles", "wait"), jobId)).not.toBeNull();
    expect(await listed("waiting")).toMatchObject({ items: [] });
  }
  await queues.close();
  expect((await api.call("viewer", `GET /v1/jobs/${encodeURIComponent("a\tb")}`)).status).toBe(400);
});

test("a job says what it waits for, alone and in a list, until it has ended", async () => {
  await api.engine.accounts.register("waiter", { loginToken: "token-of-the-waiter" });
  await api.engine.keys.pause();
  const { jobId } = await add({ ...message(40), accountId: "waiter" });
  const runAt = fromNow(3_600_000).toISOString();
  const later = await add({ ...message(41, { runAt }), accountId: "waiter" });
  // No worker ever came, so nothing is known of the last window: that is the first of what keeps it back.
  const fresh = { state: "waiting", waitsFor: { reason: "fresh_state" } };
  expect(await api.call("viewer", `GET /v1/jobs/${jobId}`)).toMatchObject({ status: 200, body: fresh });
  await api.engine.scripts.client.hset(api.engine.scripts.key("key"), "born", "1");
  const stopped = { state: "waiting", waitsFor: { reason: "key_stopped" } };
  expect(await api.call("viewer", `GET /v1/jobs/${jobId}`)).toMatchObject({ body: stopped });
  const { body } = await api.call("viewer", "GET /v1/jobs?accountId=waiter");
  const dated = { jobId: later.jobId, state: "delayed", waitsFor: { reason: "run_at", until: expect.stringMatching(/^20.*Z$/) } };
  expect(body).toMatchObject({ items: [{ jobId, ...stopped }, dated] });
  const cancelled = (await api.call("producer", `DELETE /v1/jobs/${jobId}`)).body;
  expect(cancelled).not.toHaveProperty("waitsFor");
  await api.engine.keys.resume();
});

test("ids that are names of BullMQ's own keys are no jobs", async () => {
  for (const id of ["wait", "meta", "prioritized", "id", "events", "pc", "1", "a:b:c", "%7B%7D"]) {
    expect((await api.call("viewer", `GET /v1/jobs/${id}`)).status, id).toBe(404);
    expect((await api.call("producer", `DELETE /v1/jobs/${id}`)).status, id).toBe(404);
  }
});

test("jobs are listed by account, operation and state, page by page to the end", async () => {
  const expected = new Set<string>();
  for (let number = 0; number < 25; number++) expected.add((await add({ ...message(number), accountId: "listed" })).jobId);
  const scrape = await add({ operation: "profile.scrape", accountId: "listed", input: { linkedin_url: "https://www.linkedin.com/in/x" } });
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? "" : `&cursor=${cursor}`;
    const { status, body } = await api.call("viewer", `GET /v1/jobs?accountId=listed&operation=message.send&state=waiting&limit=7${more}`);
    expect(status).toBe(200);
    const page = body as { items: { jobId: string; state: string }[]; nextCursor: string | null };
    expect(page.items.length).toBeLessThanOrEqual(7);
    found.push(...page.items.map(({ jobId }) => jobId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(found.sort()).toEqual([...expected].sort());
  const all = await api.call("viewer", "GET /v1/jobs?accountId=listed&operation=profile.scrape");
  expect(all.body).toMatchObject({ items: [{ jobId: scrape.jobId, queue: "profiles", state: "waiting" }] });
  expect((await api.call("viewer", "GET /v1/jobs?state=lost")).status).toBe(400);
});
