/** The reason why a job waits: the same that the gate gives it, told from what Redis has. */
import { WAIT_REASONS, type WaitsFor } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, jobDigest } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";
import { NOT_BUILT, putOff, SITUATIONS } from "./wait-situations.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1);
});

async function waitOf(job: RigJob, engine: Engine = rig.engine): Promise<WaitsFor | null> {
  const { ref, accountId, meta } = job;
  const [found] = await engine.jobs.views.waits([{ ref, operation: meta.operation, accountId, campaignId: meta.campaignId }]);
  return found ?? null;
}

const iso = (ms: number) => new Date(ms).toISOString();
describe("the reason that is told of a job is the one that the gate tells it", () => {
  test.each(Object.entries(SITUATIONS))("%s", async (reason, { prepare, settings, says = reason, tells = {}, end }) => {
    const job = await prepare(rig);
    const engine = settings === undefined ? rig.engine : rig.withConfig(settings);
    try {
      await engine.health.look();
      expect(await waitOf(job, engine), "told before it asks").toMatchObject({ reason });
      if (says !== null) await askAndStepAside(job, engine, says);
      expect(await waitOf(job, engine), "told after the answer").toMatchObject({ reason, ...tells });
    } finally {
      await end?.(rig);
      if (engine !== rig.engine) await engine.close();
    }
  });

  test("every reason of the closed list has a situation, or is one of what is not built", () => {
    expect([...Object.keys(SITUATIONS), ...NOT_BUILT].sort()).toEqual([...WAIT_REASONS].sort());
  });
});

/** Expects the gate to answer with this word, and does what the worker does then. */
async function askAndStepAside(job: RigJob, engine: Engine, says: string): Promise<void> {
  const answer = await engine.gate.ask(rig.request(job));
  const word = answer.kind === "parked" ? answer.why : "reason" in answer ? answer.reason : answer.kind;
  expect(word).toBe(says);
  if (answer.kind === "parked") await rig.moveToDelayed(job);
  if (answer.kind === "snooze") await putOff(rig, job, rig.nowMs + answer.forMs);
}

test("a job that was granted waits for nothing; when BullMQ gave it away meanwhile it waits for its call's end", async () => {
  const job = await rig.job("ada");
  await rig.client.set(rig.bull("messages", `${job.ref.id}:lock`), "token");
  await rig.send(job);
  expect(await waitOf(job)).toBeNull();
  await rig.client.del(rig.bull("messages", `${job.ref.id}:lock`));
  expect(await waitOf(job)).toEqual({ reason: "open_call", until: iso(rig.nowMs + 10_000) });
});

test("a job behind others of its account is told of what keeps all calls, once no call of the account is out", async () => {
  const { keys } = rig.engine;
  const [first, second, third] = [await rig.job("ada"), await rig.job("ada"), await rig.job("ada")];
  const sent = await rig.send(first);
  await askAndStepAside(second, rig.engine, "busy");
  await askAndStepAside(third, rig.engine, "busy");
  await keys.pause();
  expect(await waitOf(third)).toMatchObject({ reason: "busy", accountId: "ada", position: 2 });
  // The second is handed its place, and waits at the gate.
  await rig.settle(first, sent, "ok");
  expect(await waitOf(third)).toEqual({ reason: "key_stopped", accountId: "ada", position: 1 });
  await keys.resume();
  expect(await waitOf(third)).toEqual({ reason: "busy", accountId: "ada", position: 1 });
  const poor = rig.withConfig({ maxCreditsPerDay: 1 });
  expect(await waitOf(third, poor)).toMatchObject({ reason: "day_budget", accountId: "ada" });
  await poor.close();
});

describe("a job whose data was edited in BullMQ since is told the reason of whose it is by the ledger", () => {
  /** As it is listed once its data names nothing but this account. */
  const stripped = (job: RigJob, accountId: string): RigJob => ({
    ...job,
    accountId,
    meta: { ...job.meta, accountId, campaignId: null, recipientId: null },
  });
  const paused = async () => await rig.client.hset(rig.key("campaign:spring"), { state: "paused" });

  test("a recipient's that no worker has seen, of a campaign that is paused", async () => {
    await paused();
    const job = await rig.job("ada", { campaignId: "spring" });
    await rig.client.hset(rig.key(`job:${jobDigest(job.ref)}`), { own: "1", campaign: "spring", account: "ada" });
    const edited = stripped(job, "ada");
    expect(await waitOf(edited)).toEqual({ reason: "campaign_paused" });
    await askAndStepAside(edited, rig.engine, "campaign_paused");
    expect(await waitOf(edited)).toEqual({ reason: "campaign_paused" });
  });

  test("a producer's that its campaign holds", async () => {
    await paused();
    const job = await rig.job("ada", { campaignId: "spring" });
    await askAndStepAside(job, rig.engine, "campaign_paused");
    expect(await waitOf(stripped(job, "ada"))).toEqual({ reason: "campaign_paused" });
  });

  test("a job that is held for an account that is away, and names another now", async () => {
    await rig.account("bob", 1);
    await rig.engine.accounts.pause("ada");
    const job = await rig.job("ada");
    await askAndStepAside(job, rig.engine, "disabled");
    expect(await waitOf(stripped(job, "bob"))).toEqual({ reason: "disabled", accountId: "ada", position: 1 });
  });

  test("a job that names a campaign now which does not hold it", async () => {
    await paused();
    const job = await rig.job("ada");
    await rig.engine.accounts.pause("ada");
    await askAndStepAside(job, rig.engine, "disabled");
    expect(await waitOf({ ...job, meta: { ...job.meta, campaignId: "spring" } })).toMatchObject({ reason: "disabled" });
  });
});

test("names that plain producers chose are only names", async () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const job = await rig.job("ada", { campaignId: name, operation: name });
    expect(await waitOf(job), name).toEqual({ reason: "worker_full" });
  }
});

test("an urgent job is not told of the pace, nor of those who wait for their place before it", async () => {
  await rig.client.zadd(rig.key("slots"), ...Array.from({ length: 150 }, (_, n) => [rig.nowMs + 50_000, `slot-${n}`]).flat());
  await rig.client.hset(rig.key("key"), { tat: rig.nowMs + 10_000 });
  await rig.backlog(200);
  const urgent = await rig.job("ada", { priority: 1 });
  await rig.client.hset(rig.bull("messages", urgent.ref.id), { priority: 1 });
  expect(await waitOf(urgent)).toEqual({ reason: "worker_full" });
  expect((await rig.ask(urgent)).kind).toBe("granted");
});

test("a page of a hundred jobs is a handful of scripts, whatever they wait for", async () => {
  const jobs = await rig.jobs(100, "ada");
  for (const { ref } of jobs) await rig.client.lpush(rig.bull("messages", "wait"), ref.id);
  const scriptsRun = async () => {
    const stats = await rig.client.info("commandstats");
    return [...stats.matchAll(/cmdstat_(?:fcall|eval)\w*:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  };
  const before = await scriptsRun();
  const { rows } = await rig.engine.jobs.pages.read({ queue: "messages" }, { place: undefined, limit: 100 });
  expect(rows).toHaveLength(100);
  expect(rows.every(({ state, waitsFor }) => state === "waiting" && waitsFor?.reason === "worker_full")).toBe(true);
  // A look at each of BullMQ's sets that come first, and one script each for the ledger's states and for what they wait for.
  expect((await scriptsRun()) - before).toBeLessThanOrEqual(5);
});
