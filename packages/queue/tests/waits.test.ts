/** The reason why a job waits: the same that the gate gives it, told from what Redis has. */
import { WAIT_REASONS, type WaitsFor } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Engine } from "../src/index.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

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
const campaign = (fields: object) => rig.client.hset(rig.key("campaign:spring"), fields);
/** BullMQ's doing with a job that its worker puts off. */
async function putOff({ ref }: RigJob, dueMs: number): Promise<void> {
  await rig.client.hset(rig.bull(ref.queue, ref.id), { ats: 1 });
  await rig.client.zadd(rig.bull(ref.queue, "delayed"), dueMs * 4096, ref.id);
}

type Situation = { prepare: () => Promise<RigJob>; engine?: () => Engine; says?: string; tells?: Partial<WaitsFor> };

/** Each brings about one thing that keeps a job back. `says`: the gate's own word, where it is another. */
const SITUATIONS: Record<string, Situation> = {
  fresh_state: {
    prepare: async () => {
      await rig.reset();
      await rig.open({ fresh: false });
      await rig.account("ada", 1);
      return await rig.job("ada");
    },
    tells: { until: expect.any(String) as string },
  },
  key_stopped: {
    prepare: async () => {
      await rig.engine.keys.pause();
      return await rig.job("ada");
    },
  },
  key_cooling: {
    prepare: async () => {
      const hot = await rig.job("ada");
      await rig.gate.settle(rig.settlement(hot, await rig.send(hot), "rate_limited"));
      return await rig.job("ada");
    },
    tells: { until: expect.any(String) as string },
  },
  probe_out: {
    prepare: async () => {
      await rig.client.hset(rig.key("key"), { unproven: 1 });
      await rig.account("bob", 1);
      await rig.send(await rig.job("bob"));
      return await rig.job("ada");
    },
  },
  brake: {
    prepare: async () => {
      const refused = await rig.job("ada");
      await rig.gate.settle(rig.settlement(refused, await rig.send(refused), "service_refused"));
      return await rig.job("ada");
    },
    tells: { until: expect.any(String) as string, position: 1 },
  },
  busy: {
    prepare: async () => {
      await rig.send(await rig.job("ada"));
      await rig.park(await rig.job("ada"));
      return await rig.job("ada");
    },
    tells: { accountId: "ada", position: 2 },
  },
  disabled: {
    prepare: async () => {
      await rig.engine.accounts.pause("ada");
      return await rig.job("ada");
    },
    tells: { accountId: "ada", position: 1 },
  },
  refreshing: {
    prepare: async () => {
      await rig.engine.accounts.register("carol", { email: "carol@example.com", password: "secret" });
      return await rig.job("carol");
    },
    tells: { accountId: "carol", position: 1 },
  },
  resting: {
    prepare: async () => {
      const limited = await rig.job("ada");
      await rig.gate.settle(rig.settlement(limited, await rig.send(limited), "linkedin_limited"));
      return await rig.job("ada");
    },
    says: "cooling",
    tells: { accountId: "ada", until: expect.any(String) as string },
  },
  campaign_paused: {
    prepare: async () => {
      await campaign({ state: "paused" });
      return await rig.job("ada", { campaignId: "spring" });
    },
  },
  campaign_scheduled: {
    prepare: async () => {
      await campaign({ state: "scheduled", startAt: rig.nowMs + 60_000 });
      return await rig.job("ada", { campaignId: "spring" });
    },
    tells: { until: expect.any(String) as string },
  },
  budget_exhausted: {
    prepare: async () => {
      await campaign({ state: "running", maxCredits: 2, charged: 2 });
      return await rig.job("ada", { campaignId: "spring" });
    },
  },
  campaign_budget: {
    prepare: async () => {
      await campaign({ state: "running", maxCredits: 2, charged: 1, held: 1 });
      return await rig.job("ada", { campaignId: "spring" });
    },
  },
  day_budget: {
    engine: () => rig.withConfig({ maxCreditsPerDay: 1 }),
    prepare: async () => {
      await rig.account("bob", 1);
      await rig.send(await rig.job("bob"));
      return await rig.job("ada");
    },
    tells: { until: expect.stringMatching(/T00:00:00\.000Z$/) as string },
  },
  over_day_budget: {
    engine: () => rig.withConfig({ maxCreditsPerDay: 1 }),
    prepare: async () => {
      const dear = await rig.job("ada", { price: 2 });
      const data = { accountId: "ada", input: { message_text: "Hi", media_link: "https://example.com/a.png" } };
      await rig.client.hset(rig.bull("messages", dear.ref.id), { data: JSON.stringify(data) });
      return dear;
    },
  },
  window: {
    engine: () => rig.withConfig({ rateLimit: 1 }),
    prepare: async () => {
      await rig.client.hset(rig.key("key"), { limit: 1 });
      await rig.account("bob", 1);
      await rig.send(await rig.job("bob"));
      return await rig.job("ada");
    },
    tells: { until: expect.any(String) as string },
  },
  pace: {
    prepare: async () => {
      await rig.client.zadd(rig.key("slots"), ...Array.from({ length: 150 }, (_, n) => [rig.nowMs + 50_000, `slot-${n}`]).flat());
      await rig.client.hset(rig.key("key"), { tat: rig.nowMs + 10_000 });
      return await rig.job("ada");
    },
    tells: { until: expect.any(String) as string },
  },
};

describe("the reason that is told of a job is the one that the gate tells it", () => {
  test.each(Object.entries(SITUATIONS))("%s", async (reason, { prepare, engine: other, says = reason, tells = {} }) => {
    const job = await prepare();
    const engine = other?.() ?? rig.engine;
    const before = await waitOf(job, engine);
    const answer = await engine.gate.ask(rig.request(job));
    const word = answer.kind === "parked" ? answer.why : "reason" in answer ? answer.reason : answer.kind;
    expect(word).toBe(says);
    expect(before, "told before it asks").toMatchObject({ reason });
    if (answer.kind === "parked") await rig.moveToDelayed(job);
    if (answer.kind === "snooze") await putOff(job, rig.nowMs + answer.forMs);
    expect(await waitOf(job, engine), "told after the answer").toMatchObject({ reason, ...tells });
    if (other !== undefined) await engine.close();
  });

  test("the reasons are the closed list's", () => {
    expect(Object.keys(SITUATIONS).filter((reason) => !(WAIT_REASONS as readonly string[]).includes(reason))).toEqual([]);
  });
});

test("a job that was granted waits for nothing; when BullMQ gave it away meanwhile it waits for its call's end", async () => {
  const job = await rig.job("ada");
  await rig.client.set(rig.bull("messages", `${job.ref.id}:lock`), "token");
  await rig.send(job);
  expect(await waitOf(job)).toBeNull();
  await rig.client.del(rig.bull("messages", `${job.ref.id}:lock`));
  expect(await waitOf(job)).toEqual({ reason: "open_call", until: iso(rig.nowMs + 10_000) });
});

test("a job with a date of its own waits for that, one that failed for its pause, and one that nothing holds back for a worker", async () => {
  const later = await rig.job("ada");
  const due = rig.nowMs + 60_000;
  await rig.client.zadd(rig.bull("messages", "delayed"), due * 4096, later.ref.id);
  expect(await waitOf(later)).toEqual({ reason: "run_at", until: iso(due) });
  const failed = await rig.job("ada");
  await rig.gate.settle(rig.settlement(failed, await rig.send(failed), "server_error"));
  await putOff(failed, due);
  expect(await waitOf(failed)).toEqual({ reason: "backoff", until: iso(due) });
  expect(await waitOf(await rig.job("ada"))).toEqual({ reason: "worker_full" });
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
