/**
 * Who takes outcomes may be away for long: a consumer for a day, a webhook's receiver for an hour, at the pace that production has. Only the
 * clock is the test's: the scripts' never goes back, so that a later time in its place is the time for every one of them, and what expires is
 * moved along.
 */
import { RESULTS_QUEUE } from "@linkup-queue/contracts";
import { DELIVERY_PACE, Sweep } from "@linkup-queue/queue";
import { letExpire, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type NewJob, type System, startSystem } from "./fixture.ts";
import { type Receiver, startReceiver } from "./webhook-receiver.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Ahead of every machine's clock for as long as these tests are run: it stands still there, and moves only when it is set. */
const FAR_MS = Date.parse("2100-01-04T12:00:00Z");

let system: System;
let receiver: Receiver | null = null;
afterEach(async () => {
  await receiver?.close();
  receiver = null;
  await system.close();
});

/** Jobs that end at once, free: no such account. The n-th is of recipient n mod `recipients`. */
const quick = (count: number, recipients: number): NewJob[] =>
  Array.from({ length: count }, (_, n) => {
    const job = message("nobody", n, { recipientId: `https://www.linkedin.com/in/person-${n % recipients}` });
    return { ...job, opts: { jobId: `quick-${n}` } };
  });

const key = (name: string) => system.engine.scripts.key(name);
const redis = () => system.engine.scripts.client;

let clockMs = FAR_MS;
async function startClock(): Promise<void> {
  clockMs = FAR_MS;
  await setClock(FAR_MS);
}
async function setClock(ms: number): Promise<void> {
  await redis().hset(key("key"), "now", ms);
  await letExpire(redis(), system.engine.scripts.tag, ms - clockMs);
  clockMs = ms;
}

/** A worker's sweep, now. */
async function sweepNow(): Promise<number> {
  const fail = (error: unknown) => {
    throw error;
  };
  const sweep = new Sweep(system.engine, { worker: "test", onSwept: () => undefined, onError: fail });
  await redis().del(key("sweeping"));
  const { published } = await sweep.sweepOnce();
  await sweep.stop();
  return published;
}

/** Outcome ids of those that were settled and had no room on `results`. */
async function unpublished(): Promise<string[]> {
  const digests = await redis().zrange(key("outbox"), "0", "-1");
  return await Promise.all(digests.map(async (digest) => (await redis().hget(key(`job:${digest}`), "outcomeId")) ?? ""));
}

test("a consumer that is away for a day finds every outcome, those too for which results had no room, each once", async () => {
  const jobs = 300;
  const room = 100;
  system = await startSystem({ settings: { outcomeDays: 0, resultsMax: room } });
  const results = system.queue(RESULTS_QUEUE);
  await results.pause();
  await system.add("messages", quick(jobs, jobs));
  const onResults = async () => (await results.getJobs(["waiting"], 0, -1)).map(({ id }) => id ?? "");
  await waitFor(async () => (await onResults()).length + (await unpublished()).length, {
    what: "every job to be settled",
    until: (seen) => seen === jobs,
  });
  const settled = [...(await onResults()), ...(await unpublished())];
  expect(new Set(settled).size).toBe(jobs);
  const waiting = await unpublished();
  expect(waiting.length).toBeGreaterThan(jobs - 2 * room);

  await startClock();
  for (let hours = 1; hours <= 24; hours++) {
    await setClock(FAR_MS + hours * HOUR_MS);
    // Whatever sweeps by: it finds no room.
    expect(await sweepNow()).toBe(0);
  }
  expect(await unpublished()).toEqual(waiting);
  const expiries = await Promise.all(waiting.map((outcomeId) => redis().pttl(key(`outcome:${outcomeId}`))));
  expect(new Set(expiries), "what waits is kept without an end").toEqual(new Set([-1]));

  await results.resume();
  await system.outcomesArrive(jobs);
  expect(system.outcomes.map(({ outcomeId }) => outcomeId).sort()).toEqual([...settled].sort());
  await waitFor(() => results.getCompletedCount(), { what: "the last to be taken", until: (seen) => seen === jobs });
  expect(await unpublished()).toEqual([]);
  expect(await results.getJobCountByTypes("waiting", "active", "delayed", "failed")).toBe(0);
});

/**
 * When a webhook is asked next, by Redis's clock; null when nothing waits. And how many posts are out, seen by their leases: that can be said
 * only while the clock stands still.
 */
async function standing(id: string): Promise<{ nextMs: number | null; out: number }> {
  const [gen, nowMs] = [await redis().hget(key(`webhook:${id}`), "gen"), Number(await redis().hget(key("key"), "now"))];
  const due = key(`hook:${gen}:due`);
  const lease = nowMs + DELIVERY_PACE.leaseMs;
  const replies = await redis()
    .multi()
    .hget(key(`webhook:${id}`), "rest")
    .zrange(due, "0", "0", "WITHSCORES")
    .zcount(due, lease, lease)
    .exec();
  const [rest, [, dueMs], out] = (replies ?? []).map(([, reply]) => reply) as [string, string[], number];
  return { nextMs: dueMs === undefined ? null : Math.ceil(Math.max(Number(rest), Number(dueMs))), out };
}

/** The outcome ids that wait in each recipient's line, in the order in which they were settled. */
async function waitingLines(): Promise<string[][]> {
  const keys = await redis().keys(`${system.engine.scripts.tag.replaceAll(/[{}]/g, "?")}:gate:hook:*:line:*`);
  const lines = await Promise.all(keys.map((line) => redis().lrange(line, 0, -1)));
  return lines.map((line) => line.map((entry) => entry.split("|")[0] ?? ""));
}

test("a webhook that fails for an hour gets every outcome once it answers, each once, in its recipient's order, well within the day", async () => {
  const jobs = 60;
  const recipients = 20;
  system = await startSystem({ settings: { outcomeDays: 0 } });
  receiver = await startReceiver();
  const { posts, taken, url, secret } = receiver;
  let broken = true;
  receiver.answer = () => (broken ? 503 : 204);
  await system.engine.webhooks.put("hourly", { url, secret });
  await startClock();
  await system.add("messages", quick(jobs, recipients));
  const outcomes = await system.outcomesArrive(jobs);

  /** When the next post is due, once all that was due is posted and told of. */
  const next = () => {
    const quiet = async () => {
      const { nextMs, out } = await standing("hourly");
      return out === 0 && (nextMs === null || nextMs > clockMs) ? { nextMs: nextMs ?? Number.POSITIVE_INFINITY } : null;
    };
    return waitFor(quiet, { what: "what is due to be posted and told of" });
  };
  for (;;) {
    const { nextMs } = await next();
    if (nextMs >= FAR_MS + HOUR_MS) break;
    await setClock(nextMs);
  }
  expect(await system.engine.webhooks.read("hourly")).toMatchObject({ state: "resting", waiting: jobs, delivered: 0, dead: 0 });
  expect(posts.length, "it was asked all along").toBeGreaterThan(20);
  const expiries = await Promise.all(outcomes.map(({ outcomeId }) => redis().pttl(key(`outcome:${outcomeId}`))));
  expect(Math.min(...expiries), "what is owed is kept for days").toBeGreaterThan(DAY_MS);

  const lines = await waitingLines();
  expect([lines.length, new Set(lines.flat()).size]).toEqual([recipients, jobs]);

  broken = false;
  for (;;) {
    const { nextMs } = await next();
    if (nextMs === Number.POSITIVE_INFINITY) break;
    await setClock(nextMs);
  }
  expect(clockMs).toBeLessThan(FAR_MS + 2 * HOUR_MS);
  const ids = taken().map(({ messageId }) => messageId);
  expect([...ids].sort()).toEqual(outcomes.map(({ outcomeId }) => outcomeId).sort());
  expect(posts.filter(({ answered }) => answered === 204)).toHaveLength(jobs);
  for (const line of lines) expect(ids.filter((id) => line.includes(id))).toEqual(line);
  expect(await system.engine.webhooks.read("hourly")).toMatchObject({ state: "ok", waiting: 0, delivered: jobs, dead: 0, dropped: 0 });
});
