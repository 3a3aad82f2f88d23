/** A state in Redis that is older than a process has seen it: nothing leaves, nobody is told that nothing was sent, and a person's word ends it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Engine, type LostCaps, Sweep } from "../src/index.ts";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import type { StateEvent } from "../src/safety/state-event.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
/** A worker's engine, which has seen the state as it is now. */
let worker: Engine;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 5);
  await rig.call(await rig.job("ada"));
  worker = rig.withConfig({});
  await see();
});

async function see(): Promise<void> {
  worker.seen.learn((await rig.engine.keys.read()).seen);
}

/** The state as it was before the latest mark. */
async function takeBack(): Promise<void> {
  await rig.client.hincrby(rig.key("key"), "marks", -1);
}

const ask = (job: RigJob, callId = "call") => worker.gate.ask({ ...rig.request(job, callId) });
const WINDOW_MS = 61_000;

/** Lost, noticed and restored, with a window gone since. */
async function restored(doubtful: "unknown" | "send", caps: LostCaps = "used_up"): Promise<void> {
  await takeBack();
  await worker.gate.ask(rig.request(await rig.job("ada"), "notices"));
  await rig.advance(1_000);
  await worker.keys.restore(doubtful, { caps });
  await see();
  await rig.advance(WINDOW_MS);
}

test("each mark and each beat is counted, and counted again over no other line", async () => {
  const { seen } = await rig.engine.keys.read();
  await rig.call(await rig.job("ada"));
  await rig.engine.keys.beat("rig");
  expect((await rig.engine.keys.read()).seen).toEqual({ line: seen.line, marks: seen.marks + 1, beats: seen.beats + 1 });
});

describe("a state that is older than a worker has seen it", () => {
  test("refuses the mark of a call that was granted, whoever asks for it", async () => {
    const job = await rig.job("ada");
    const other = await rig.job("ada");
    expect((await ask(job)).kind).toBe("granted");
    expect((await rig.ask(other, "other")).kind).toBe("granted");
    await takeBack();
    expect(await worker.gate.markLeft(job.ref, "call")).toBe(false);
    expect(await rig.gate.markLeft(other.ref, "other")).toBe(false);
    expect(await rig.engine.keys.read()).toMatchObject({ state: "stopped", reason: "state_lost", lost: { sinceMs: rig.nowMs, marks: 1 } });
  });

  test("keeps all jobs waiting at the gate, also those of a worker that has seen less", async () => {
    await takeBack();
    const job = await rig.job("ada");
    expect(await ask(job)).toMatchObject({ kind: "wait", reason: "state_lost" });
    expect(await rig.ask(job, "another")).toMatchObject({ kind: "wait", reason: "state_lost" });
  });

  test("is noticed by a beat, also where no call left since", async () => {
    await rig.engine.keys.beat("rig");
    await see();
    await rig.client.hincrby(rig.key("key"), "beats", -1);
    expect(await worker.keys.beat("rig", null, { seen: worker.seen.value })).toMatchObject({ reason: "state_lost", lost: { marks: 0 } });
  });

  test("stays lost when the key is resumed, paused and resumed by hand", async () => {
    await takeBack();
    await ask(await rig.job("ada"));
    await rig.engine.keys.resume();
    await rig.engine.keys.pause();
    expect(await rig.engine.keys.resume()).toMatchObject({ state: "stopped", reason: "state_lost" });
  });

  test("is told once, by the sweep, and as a finding", async () => {
    await takeBack();
    await ask(await rig.job("ada"));
    const told: StateEvent[] = [];
    const sweep = new Sweep(rig.engine, {
      worker: "teller",
      onSwept: () => undefined,
      onChanged: (events) => told.push(...events),
      onError: (error) => {
        throw error;
      },
    });
    for (let sweeps = 0; sweeps < 3; sweeps++) {
      await rig.client.del(rig.key("sweeping"));
      await sweep.sweepOnce();
    }
    await sweep.stop();
    expect(told).toEqual([{ kind: "state_lost", marks: 1 }]);
    const { findings } = await rig.engine.examine({
      redisReplicas: 0,
      allowVolatileRedis: true,
      trustRedisDurability: false,
      archive: null,
      baseUrl: "https://provider.example",
    });
    expect(findings.find(({ check }) => check === "key")).toMatchObject({
      level: "fail",
      found: expect.stringMatching(/state_lost.*1 call/),
      remedy: expect.stringMatching(/linkup restore/),
    });
  });

  test("ends no job as not sent: neither by hand nor by the sweep", async () => {
    const job = await rig.job("ada");
    await takeBack();
    await ask(await rig.job("ada"));
    expect(await rig.endUncalled(job, "failed")).toEqual({ kind: "already", state: "state_lost" });
    await expect(rig.sweep.endUncalled(job.ref, { name: "message.send", data: {} })).rejects.toMatchObject({ code: "conflict" });
    const [found] = await rig.engine.jobs.views.find(job.ref.id, "messages");
    if (found === undefined) throw new Error("the job is there");
    await expect(rig.engine.jobs.cancels.cancel(found)).rejects.toMatchObject({ code: "conflict" });
  });

  test("still takes what a call came to that was out", async () => {
    const job = await rig.job("ada");
    const sent = await rig.send(job);
    await takeBack();
    await ask(await rig.job("ada"));
    expect(await rig.settle(job, sent, "ok")).toMatchObject({ kind: "ended", status: "succeeded" });
  });
});

test("an empty Redis is noticed by whoever has seen another", async () => {
  const clock = rig.nowMs;
  await rig.client.flushall();
  await rig.setClock(clock);
  await rig.engine.keys.beat("rig");
  expect(await ask(await rig.job("ada"))).toMatchObject({ kind: "wait", reason: "state_lost" });
});

describe("notes from outside of Redis", () => {
  const startWith = async (notes: { line: string; marks: number; beats: number }[]) =>
    await rig.engine.keys.start({ worker: "next", apiKey: "rig-api-key", secrets: rig.engine.secrets, fresh: true, notes });

  test("of the state as it is, and of less, are no loss", async () => {
    const { seen } = await rig.engine.keys.read();
    expect((await startWith([seen, { ...seen, marks: 0 }])).lost).toBeNull();
  });

  test.each([
    ["of more marks", { marks: 1 }],
    ["of more beats", { beats: 1 }],
  ])("%s are a loss", async (_what, more: { marks?: number; beats?: number }) => {
    const { seen } = await rig.engine.keys.read();
    const { lost } = await startWith([{ ...seen, marks: seen.marks + (more.marks ?? 0), beats: seen.beats + (more.beats ?? 0) }]);
    expect(lost).toMatchObject({ marks: more.marks ?? 0 });
  });

  test("of a state that nobody here knows are a loss", async () => {
    expect((await startWith([{ line: "elsewhere:1", marks: 0, beats: 0 }])).lost).not.toBeNull();
  });

  test("of a state that a restore ended are no loss any more", async () => {
    const { seen } = await rig.engine.keys.read();
    await restored("unknown");
    expect((await startWith([{ ...seen, marks: seen.marks + 100 }])).lost).toBeNull();
  });
});

describe("a restore", () => {
  test("is refused where nothing is lost", async () => {
    await expect(rig.engine.keys.restore("unknown")).rejects.toMatchObject({ code: "conflict" });
  });

  test("closes the key for one window, and what comes afterwards leaves", async () => {
    await takeBack();
    await ask(await rig.job("ada"));
    await rig.advance(1_000);
    expect(await worker.keys.restore("unknown")).toMatchObject({ state: "cooling", reason: "fresh_state", lost: null });
    await rig.advance(1);
    const job = await rig.job("ada");
    expect(await ask(job)).toMatchObject({ kind: "wait", reason: "fresh_state" });
    await rig.advance(WINDOW_MS);
    expect((await ask(job)).kind).toBe("granted");
  });

  test("ends a job that was handed over before as a call that left and was never answered, however often the gate is asked", async () => {
    const job = await rig.job("ada");
    await restored("unknown");
    const answer = await ask(job);
    expect(answer).toMatchObject({ kind: "interrupted", callId: "call~lost", price: 1 });
    expect(await ask(job)).toMatchObject({ kind: "interrupted", callId: "call~lost" });
    expect(await worker.gate.markLeft(job.ref, "call~lost")).toBe(false);
    await rig.advance(10_000);
    await rig.swept();
    const [found] = await rig.engine.jobs.views.find(job.ref.id, "messages");
    expect(found?.view.outcome).toMatchObject({ status: "unknown", code: "state_lost", calls: 1, credits: { charged: 0, uncertain: 1 } });
  });

  test("with the word to send sends it", async () => {
    const job = await rig.job("ada");
    await restored("send");
    expect((await ask(job)).kind).toBe("granted");
  });

  test("has a read that asked to be run again be doubted once, and run", async () => {
    const job = await rig.job("ada");
    const read = { ...job, meta: { ...job.meta, rerun: true } };
    await restored("unknown");
    expect(await ask(read)).toMatchObject({ kind: "interrupted" });
    await rig.advance(10_000);
    await rig.swept();
    await rig.advance(WINDOW_MS);
    expect((await ask(read, "again")).kind).toBe("granted");
  });

  test("doubts recipients of a campaign that was made before, also those who come into a queue afterwards", async () => {
    await rig.client.hset(rig.key("campaign:old"), { state: "running", createdAt: rig.nowMs, rev: 1, maxCredits: "" });
    await restored("unknown");
    await rig.client.hset(rig.key("campaign:new"), { state: "running", createdAt: rig.nowMs, rev: 1, maxCredits: "" });
    const recipient = async (campaignId: string): Promise<RigJob> => {
      const job = await rig.job("ada", { id: campaignJobId(campaignId, "r-1"), campaignId });
      return { ...job, meta: { ...job.meta, recipientId: "r-1" } };
    };
    expect(await ask(await recipient("old"), "one")).toMatchObject({ kind: "interrupted" });
    expect(await ask(await recipient("new"), "two")).toMatchObject({ kind: "granted" });
    const again = await rig.job("ada", { id: `${campaignJobId("old", "r-2")}~2`, campaignId: "old" });
    const meta = { ...again.meta, recipientId: "r-2", redriveOf: campaignJobId("old", "r-2") };
    expect(await ask({ ...again, meta }, "three"), "a person had it done again").toMatchObject({ kind: "granted" });
  });

  test("never has a job told as not sent that was handed over before", async () => {
    const cancelled = await rig.job("ada");
    const failed = await rig.job("ada");
    await restored("unknown");
    const [found] = await rig.engine.jobs.views.find(cancelled.ref.id, "messages");
    if (found === undefined) throw new Error("the job is there");
    expect(await rig.engine.jobs.cancels.cancel(found)).toBe("ended");
    expect(await rig.sweep.endUncalled(failed.ref, { name: "message.send", data: { accountId: "ada" } })).toBe(true);
    for (const { ref } of [cancelled, failed]) {
      const [view] = await rig.engine.jobs.views.find(ref.id, "messages");
      expect(view?.view.outcome).toMatchObject({ status: "unknown", code: "state_lost" });
    }
  });

  test("leaves log-ins alone", async () => {
    await restored("unknown");
    const need = await rig.engine.accounts.register("bob", { email: "bob@example.com", password: "secret" });
    if (need === null) throw new Error("it has no token");
    const login = rig.authJob(need, "auth.login");
    const { accountId: _account, ...auth } = need;
    expect(await rig.gate.ask({ ...rig.request(login), auth })).toMatchObject({ kind: "granted" });
  });
});

describe("the caps and gaps of accounts after a restore", () => {
  const HOUR_MS = 3_600_000;
  const DAY_MS = 24 * HOUR_MS;
  /** No call is out for longer. */
  const LONGEST_CALL_MS = 600_000;
  const capped = { policy: { caps: { message: { perHour: 3, perDay: 5 } } } };
  const waitsFor = async ({ ref, accountId, meta }: RigJob) =>
    (await rig.engine.jobs.views.waits([{ ref, operation: meta.operation, accountId, campaignId: null }]))[0];
  /** Of an account whose counts are gone, as in an empty Redis. Answers when the loss was noticed. */
  async function lostCounts(caps?: LostCaps): Promise<number> {
    await rig.account("bob", 5, capped);
    const lostMs = rig.nowMs;
    await restored("unknown", caps);
    return lostMs;
  }
  const iso = (ms: number) => new Date(ms).toISOString();
  const invitation = async () => await rig.job("bob", { operation: "invitation.send", queue: "network" });

  test("count as used up until their windows are over, which is told by account and job; what has no cap goes on", async () => {
    const lostMs = await lostCounts();
    const job = await rig.job("bob");
    expect(await rig.park(job)).toBe("parked");
    const dayEnds = lostMs + LONGEST_CALL_MS + DAY_MS;
    expect(await waitsFor(job)).toMatchObject({ reason: "account_cap", until: iso(dayEnds) });
    const caps = (await rig.engine.accounts.rulesOf("bob")).caps;
    expect(caps).toEqual([
      { scope: "message", window: "perHour", cap: 3, used: 0, known: false, nextFreeAt: iso(lostMs + LONGEST_CALL_MS + HOUR_MS) },
      { scope: "message", window: "perDay", cap: 5, used: 0, known: false, nextFreeAt: iso(dayEnds) },
    ]);
    expect((await rig.ask(await invitation())).kind).toBe("granted");
    await rig.setClock(dayEnds - 1);
    await rig.swept();
    expect(await rig.stateOf(job)).toBe("parked");
    await rig.advance(1);
    await rig.swept();
    expect(await rig.stateOf(job)).toBe("released");
    expect((await rig.ask(job)).kind).toBe("granted");
    expect((await rig.engine.accounts.rulesOf("bob")).caps).toMatchObject([
      { used: 1, known: true, nextFreeAt: null },
      { used: 1, known: true, nextFreeAt: null },
    ]);
  });

  test("of an account that is registered afterwards count so, too, as it may be one that is gone", async () => {
    await restored("unknown");
    await rig.account("carol", 5, capped);
    expect(await rig.ask(await rig.job("carol"))).toMatchObject({ kind: "parked" });
  });

  test("hold back a call for the longest gap and the longest break", async () => {
    const pace = {
      message: { minSeconds: 60, maxSeconds: 600 },
      breakEvery: [2, 3] as [number, number],
      breakSeconds: [900, 1_800] as [number, number],
    };
    await rig.account("bob", 5, { policy: { pace } });
    const lostMs = rig.nowMs;
    await restored("unknown");
    const job = await rig.job("bob");
    expect(await rig.park(job)).toBe("parked");
    expect(await waitsFor(job)).toMatchObject({ reason: "account_pace", until: iso(lostMs + LONGEST_CALL_MS + 1_800_000) });
    await rig.setClock(lostMs + LONGEST_CALL_MS + 1_800_000);
    await rig.swept();
    expect((await rig.ask(job)).kind).toBe("granted");
  });

  test("go by what is left of their counts where a person says so with the restore", async () => {
    await lostCounts("counted");
    expect((await rig.ask(await rig.job("bob"))).kind).toBe("granted");
  });

  test("go by what is left of their counts from when a person says so later; whoever waits for them is woken", async () => {
    await lostCounts();
    const job = await rig.job("bob");
    expect(await rig.park(job)).toBe("parked");
    await rig.engine.keys.restore("unknown", { caps: "counted" });
    await rig.swept();
    expect(await rig.stateOf(job)).toBe("released");
    expect((await rig.ask(job)).kind).toBe("granted");
    await expect(rig.engine.keys.restore("unknown", { caps: "counted" })).rejects.toMatchObject({ code: "conflict" });
  });

  test("can't be said to be used up where nothing is lost", async () => {
    await lostCounts();
    await expect(rig.engine.keys.restore("unknown")).rejects.toMatchObject({ code: "conflict" });
  });

  test("count as used up anew after a second loss", async () => {
    await lostCounts("counted");
    await restored("unknown");
    expect(await rig.ask(await rig.job("bob"))).toMatchObject({ kind: "parked" });
  });
});
