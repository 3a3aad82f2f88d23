/**
 * Brakes: what the service itself refuses is no job's fault. One refusal stops its operation, a little more of it the key, and one call at a
 * time finds out when that is over. Here at the gate, with a clock of the test's own; the whole way is in the worker's tests.
 */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jobDigest, PROBE_EVERY_MS } from "../src/index.ts";
import { CampaignRig } from "./campaign-rig.ts";
import { type JobOptions, type Rig, type RigJob, type Sent, startRig } from "./rig.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ rateLimit: 10_000 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  for (const id of ["ada", "bob", "cyd"]) await rig.account(id, 1_000);
});

const scrape = (account: string, options: JobOptions = {}) =>
  rig.job(account, { operation: "profile.scrape", queue: "profiles", ...options });
const message = (account: string, options: JobOptions = {}) => rig.job(account, options);

async function ask(job: RigJob, callId?: string): Promise<string> {
  const answer = await rig.ask(job, callId);
  if (answer.kind === "wait") return `wait ${answer.reason}`;
  return answer.kind === "parked" ? `parked ${answer.why}` : answer.kind;
}
async function keyState(): Promise<string> {
  const { state, reason } = await rig.engine.keys.read();
  return `${state} ${reason}`.trim();
}
const brakes = async () => (await rig.engine.keys.read()).brakes;
const braked = async () => (await brakes()).map(({ operation }) => operation).sort();
/** Parks a job behind its brake, as the worker does. */
async function lineUp(job: RigJob): Promise<RigJob> {
  expect(await rig.park(job)).toBe("gone");
  return job;
}
/** Whether the sweep brought a job back into its queue. */
async function isBack(job: RigJob): Promise<boolean> {
  return (await rig.client.zscore(rig.bull(job.ref.queue, "prioritized"), job.ref.id)) !== null;
}
async function backOf(jobs: readonly RigJob[]): Promise<RigJob[]> {
  await rig.swept();
  const back: RigJob[] = [];
  for (const job of jobs) if (await isBack(job)) back.push(job);
  return back;
}
/** The worker fetches a job that came back. */
async function fetch(job: RigJob): Promise<RigJob> {
  expect(await rig.client.zrem(rig.bull(job.ref.queue, "prioritized"), job.ref.id)).toBe(1);
  return job;
}

test("a refusal that is its operation's alone brakes it and no more: no number of targets and accounts stops the key, and nothing is in doubt", async () => {
  const jobs = await Promise.all(["ada", "bob", "cyd", "ada"].map((account) => scrape(account)));
  const sent = await Promise.all(jobs.map((job) => rig.send(job)));
  for (const [at, job] of jobs.entries()) {
    const settlement = rig.settlement(job, sent[at] as Sent, "service_refused");
    expect(await rig.gate.settle({ ...settlement, alone: true })).toMatchObject({ kind: "again" });
  }
  expect(await braked()).toEqual(["profile.scrape"]);
  expect(await keyState()).toBe("open");
  expect(await ask(await scrape("bob"))).toBe("parked brake");
  // In doubt eight would be out at most.
  for (let call = 0; call < 12; call++) expect(await ask(await message("ada"))).toBe("granted");
});

describe("one refusal of the service", () => {
  test("brakes its operation and no other, and its job waits like the rest, not ended, no attempt counted", async () => {
    const job = await scrape("ada");
    expect(await rig.call(job, "service_refused")).toEqual({
      kind: "again",
      brakes: [{ kind: "braked", operation: "profile.scrape", cause: "path-gone", nextProbeMs: rig.nowMs + SECOND_MS }],
    });
    await lineUp(job);
    await lineUp(await scrape("bob"));
    expect(await brakes()).toEqual([
      { operation: "profile.scrape", cause: "path-gone", sinceMs: rig.nowMs, nextProbeMs: rig.nowMs + SECOND_MS, waiting: 2 },
    ]);
    expect(await keyState()).toBe("open");
    expect(await rig.call(await message("ada"))).toEqual({ kind: "ended", status: "succeeded" });
    expect(await rig.results()).toEqual(new Map());
    const [entry] = await rig.client.hmget(rig.key(`job:${jobDigest(job.ref)}`), "attempts");
    expect(entry).toBe("0");
  });

  test("is over with the first probe of another target that works: all come back, and the refused one is tried once more", async () => {
    const refused = await scrape("ada");
    await rig.call(refused, "service_refused");
    await lineUp(refused);
    const others = [await lineUp(await scrape("ada")), await lineUp(await scrape("bob")), await lineUp(await scrape("cyd"))];
    await rig.advance(SECOND_MS - 1);
    expect(await backOf([refused, ...others])).toEqual([]);
    await rig.advance(1);
    const [probe, ...more] = await backOf([refused, ...others]);
    expect(probe).toBe(others[0]);
    expect(more).toEqual([]);
    if (probe === undefined) return;
    const sent = await rig.send(await fetch(probe));
    // One at a time.
    expect(await ask(await scrape("bob"))).toBe("parked brake");
    expect(await rig.settle(probe, sent, "ok")).toMatchObject({ kind: "ended", brakes: [{ kind: "opened", operation: "profile.scrape" }] });
    expect(await brakes()).toEqual([]);
    expect(await backOf([refused, ...others.slice(1)])).toHaveLength(3);
    // Refused again while others are answered, it is the job's own; nothing is braked.
    expect(await rig.call(await fetch(refused), "service_refused")).toEqual({ kind: "ended", status: "failed", wasted: 2 });
    expect(await brakes()).toEqual([]);
    expect(await rig.call(others[1] ?? refused)).toMatchObject({ kind: "ended", status: "succeeded" });
    // Knowledge of a target serves the next job that is about it.
    expect(await rig.call(await scrape("bob", { target: refused.target }), "service_refused")).toMatchObject({
      kind: "ended",
      status: "failed",
    });
    expect(await brakes()).toEqual([]);
    expect(await rig.credits()).toMatchObject({ charged: 5 });
  });

  test("that was a hiccup costs its job one credit more and no outcome", async () => {
    const refused = await scrape("ada");
    await rig.call(refused, "service_refused");
    await rig.advance(SECOND_MS);
    expect(await rig.call(await scrape("bob"))).toMatchObject({ kind: "ended" });
    expect(await rig.call(refused)).toEqual({ kind: "ended", status: "succeeded" });
  });

  test("lets nothing of the operation leave that was granted before it and had not left", async () => {
    const granted = await scrape("bob");
    const callId = rig.newCall();
    expect(await ask(granted, callId)).toBe("granted");
    await rig.call(await scrape("ada"), "service_refused");
    expect(await rig.gate.markLeft(granted.ref, callId)).toBe(false);
    expect(await rig.settle(granted, { callId, epoch: 1 }, "not_left")).toEqual({ kind: "again" });
    expect(await ask(granted)).toBe("parked brake");
  });

  test("is not undone by the success of a call that left before it", async () => {
    const early = await scrape("bob");
    const sent = await rig.send(early);
    await rig.call(await scrape("ada"), "service_refused");
    expect(await rig.settle(early, sent, "ok")).toEqual({ kind: "ended", status: "succeeded" });
    expect(await braked()).toEqual(["profile.scrape"]);
  });
});

describe("the ladder of one operation", () => {
  test("is 1 s, 30 s, then doubling to ten minutes, with one call each, whatever the number of jobs of one account", async () => {
    for (let n = 0; n < 40; n++) await lineUpAfterFirst(n);
    const waited: number[] = [];
    let since = rig.nowMs;
    for (let probes = 0; probes < 9; probes++) {
      const next = (await brakes())[0]?.nextProbeMs ?? 0;
      await rig.setClock(next - 1);
      expect(await ask(await scrape("ada"))).toBe("parked brake");
      await rig.setClock(next);
      await rig.call(await scrape("ada"), "service_refused");
      waited.push((next - since) / SECOND_MS);
      since = next;
    }
    expect(waited).toEqual([1, 30, 60, 120, 240, 480, 600, 600, 600]);
    expect(await keyState()).toBe("open");
  });

  async function lineUpAfterFirst(n: number): Promise<void> {
    if (n === 0) await rig.call(await scrape("ada"), "service_refused");
    else await lineUp(await scrape("ada"));
  }

  test("goes on at once after LinkUp's own answer about a job, and keeps its time after a 500", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    await rig.advance(SECOND_MS);
    await rig.call(await scrape("bob"), "not_found");
    expect(await brakes()).toMatchObject([{ nextProbeMs: rig.nowMs }]);
    await rig.call(await scrape("bob"), "server_error");
    expect(await brakes()).toMatchObject([{ nextProbeMs: rig.nowMs + SECOND_MS }]);
  });

  test("tries one target alone ever more seldom: eight calls in two days", async () => {
    const job = await scrape("ada");
    await rig.call(job, "service_refused");
    await lineUp(job);
    const born = rig.nowMs;
    let calls = 1;
    while (rig.nowMs < born + 2 * 86_400_000) {
      await rig.advance(15 * SECOND_MS);
      if ((await backOf([job])).length === 0) {
        const due = Number(await rig.client.zscore(rig.key("braked:profile.scrape"), (await lineOf("profile.scrape"))[0] ?? ""));
        if (due > rig.nowMs) await rig.setClock(due);
        continue;
      }
      await rig.call(await fetch(job), "service_refused");
      await lineUp(job);
      calls += 1;
    }
    expect(calls).toBe(8);
  });

  const lineOf = (operation: string) => rig.client.zrange(rig.key(`braked:${operation}`), "0", "-1");

  test("sends another target than those that were refused, however many jobs for these stand in front", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    const dead: RigJob[] = [];
    for (let n = 0; n < 120; n++) dead.push(await lineUp(await scrape("ada", { target: "dead", priority: 1 })));
    const living = await lineUp(await scrape("ada", { target: "living", priority: 100 }));
    await rig.advance(SECOND_MS);
    const [probe] = await backOf(dead);
    if (probe === undefined) throw new Error("a probe was due");
    await rig.call(await fetch(probe), "service_refused");
    await lineUp(probe);
    await rig.advance(30 * SECOND_MS);
    expect(await ask(await scrape("bob", { target: "dead" }))).toBe("parked brake");
    for (let sweep = 0; sweep < 3; sweep++) expect(await backOf(dead)).toEqual([]);
    expect(await isBack(living)).toBe(true);
  });

  test("passes over jobs that are gone from their queue and accounts that are away", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    const gone = await lineUp(await scrape("ada", { priority: 1 }));
    await rig.client.del(rig.bull("profiles", gone.ref.id));
    await rig.client.zrem(rig.bull("profiles", "delayed"), gone.ref.id);
    const away = await lineUp(await scrape("bob", { priority: 1 }));
    await rig.engine.accounts.pause("bob");
    const here = await lineUp(await scrape("cyd", { priority: 100 }));
    await rig.advance(SECOND_MS);
    expect(await backOf([away, here])).toEqual([here]);
    expect((await rig.swept()).vanished + (await rig.results()).size).toBeGreaterThan(0);
    expect(await rig.results()).toEqual(new Map([[gone.ref.id, "cancelled"]]));
  });

  test("sends nobody while the key is stopped by hand", async () => {
    const job = await scrape("ada");
    await rig.call(job, "service_refused");
    await lineUp(job);
    const other = await lineUp(await scrape("bob"));
    await rig.engine.keys.pause();
    await rig.advance(MINUTE_MS);
    expect(await backOf([job, other])).toEqual([]);
    expect(await brakes()).toMatchObject([{ nextProbeMs: null }]);
    await rig.engine.keys.resume();
    expect(await backOf([job, other])).toHaveLength(1);
  });
});

describe("the key is stopped", () => {
  test("by two operations with no success between", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    expect(await keyState()).toBe("open");
    const answer = await rig.call(await message("ada"), "service_refused");
    expect(answer.brakes?.map(({ kind }) => kind)).toEqual(["braked", "stopped"]);
    expect(await keyState()).toBe("stopped service_refused");
    expect(await ask(await rig.job("bob", { operation: "message.inbox" }))).toBe("wait key_stopped");
  });

  test("not when any call was answered well between", async () => {
    const before = await message("bob");
    const sentBefore = await rig.send(before);
    await rig.call(await scrape("ada"), "service_refused");
    await rig.settle(before, sentBefore, "ok");
    await rig.call(await rig.job("ada", { operation: "message.inbox" }), "service_refused");
    expect(await keyState()).toBe("open");
    await rig.call(await message("cyd"));
    await rig.call(await rig.job("ada", { operation: "message.conversation" }), "service_refused");
    expect(await keyState()).toBe("open");
    await rig.call(await rig.job("ada", { operation: "invitation.send" }), "service_refused");
    expect(await keyState()).toBe("stopped service_refused");
  });

  test("by the twelfth refusal when all that was answered well between had left before the first", async () => {
    const early: { job: RigJob; sent: Sent }[] = [];
    for (let n = 0; n < 12; n++) {
      const job = await message("bob");
      early.push({ job, sent: await rig.send(job) });
    }
    for (const [n, { job, sent }] of early.entries()) {
      expect(await keyState()).toBe("open");
      await rig.call(await rig.job("ada", { operation: `op-${n}` }), "service_refused");
      await rig.settle(job, sent, "ok");
    }
    expect(await keyState()).toBe("stopped service_refused");
  });

  test.each([
    { what: "three targets over two accounts", targets: ["a", "b", "c"], accounts: ["ada", "bob", "ada"], stops: true },
    { what: "three targets of one account", targets: ["a", "b", "c"], accounts: ["ada", "ada", "ada"], stops: false },
    { what: "one target over three accounts", targets: ["a", "a", "a"], accounts: ["ada", "bob", "cyd"], stops: false },
    { what: "two targets over two accounts", targets: ["a", "b", "b"], accounts: ["ada", "bob", "cyd"], stops: false },
  ])("by $what, of calls that were out together: $stops", async ({ targets, accounts, stops }) => {
    const out: { job: RigJob; sent: Sent }[] = [];
    for (const [n, target] of targets.entries()) {
      const job = await scrape(accounts[n] ?? "", { target });
      out.push({ job, sent: await rig.send(job) });
    }
    for (const { job, sent } of out) expect(await rig.settle(job, sent, "service_refused")).toMatchObject({ kind: "again" });
    expect(await keyState()).toBe(stops ? "stopped service_refused" : "open");
  });

  test("and one probe every ten minutes may open it, of each operation in its turn; then each brake is probed at once", async () => {
    const jobs = [await scrape("ada"), await message("ada"), await scrape("bob"), await message("bob"), await scrape("cyd")];
    for (const job of jobs.slice(0, 2)) await rig.call(job, "service_refused");
    for (const job of jobs) await lineUp(job);
    await rig.advance(PROBE_EVERY_MS);
    // For a moment jobs whose operation has no brake come first.
    expect(await backOf(jobs)).toEqual([]);
    const probed: string[] = [];
    for (let round = 0; round < 3; round++) {
      await rig.advance(3 * SECOND_MS);
      const back = await backOf(jobs);
      expect(back).toHaveLength(1);
      for (const job of back) {
        probed.push(job.meta.operation);
        expect(await rig.call(await fetch(job), round < 2 ? "service_refused" : "ok")).toMatchObject({
          kind: round < 2 ? "again" : "ended",
        });
        if (round < 2) await lineUp(job);
      }
      if (round < 2) {
        expect(await keyState()).toBe("stopped service_refused");
        await rig.advance(PROBE_EVERY_MS - 10 * SECOND_MS);
        expect(await backOf(jobs)).toEqual([]);
        await rig.advance(10 * SECOND_MS);
      }
    }
    expect(new Set(probed.slice(0, 2))).toEqual(new Set(["profile.scrape", "message.send"]));
    expect(await keyState()).toBe("open");
    expect(await brakes()).toMatchObject([{ nextProbeMs: rig.nowMs }]);
  });

  test("a job whose operation has no brake is the probe by itself", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    await rig.call(await message("ada"), "service_refused");
    await rig.advance(PROBE_EVERY_MS);
    const inbox = await rig.job("bob", { operation: "message.inbox" });
    expect(await rig.call(inbox)).toMatchObject({ kind: "ended", brakes: [{ kind: "key_opened" }] });
    expect(await keyState()).toBe("open");
    expect(await braked()).toEqual(["message.send", "profile.scrape"]);
  });

  test("a probe that gets LinkUp's own answer about its job is followed by the next at once; after a 500 in ten minutes", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    await rig.call(await message("ada"), "service_refused");
    const inbox = () => rig.job("bob", { operation: "message.inbox" });
    await rig.advance(PROBE_EVERY_MS);
    await rig.call(await inbox(), "not_found");
    expect(await keyState()).toBe("stopped service_refused");
    await rig.call(await inbox(), "server_error");
    expect(await ask(await inbox())).toBe("wait key_stopped");
    await rig.advance(PROBE_EVERY_MS);
    await rig.call(await inbox());
    expect(await keyState()).toBe("open");
  });

  test("opened by hand or by a new key, the brakes stand until their own probes", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    await rig.call(await message("ada"), "service_refused");
    await rig.engine.keys.resume();
    expect(await keyState()).toBe("open");
    expect(await braked()).toEqual(["message.send", "profile.scrape"]);
    expect(await rig.call(await scrape("bob"), "service_refused")).toEqual({ kind: "again" });
    expect(await ask(await scrape("cyd"))).toBe("parked brake");
    expect(await rig.call(await message("bob"), "service_refused")).toMatchObject({ brakes: [{ kind: "stopped" }] });
    await rig.engine.keys.leave("rig");
    await rig.engine.keys.start({ worker: "rig", apiKey: "another-key", secrets: rig.engine.secrets, fresh: true });
    expect(await keyState()).toBe("open");
    expect(await braked()).toEqual(["message.send", "profile.scrape"]);
    await rig.engine.keys.leave("rig");
    await rig.engine.keys.release("another-key");
  });

  test("an answer about the key itself, or the stop switch, is not overruled", async () => {
    await rig.call(await rig.job("ada", { operation: "message.inbox" }), "ok");
    await rig.call(await scrape("ada"), "service_refused");
    const out = await message("ada");
    const sent = await rig.send(out);
    await rig.call(await rig.job("bob", { operation: "message.inbox" }), "key_refused");
    await rig.settle(out, sent, "service_refused");
    expect(await keyState()).toBe("stopped key_refused");
  });

  test("a key that was refused is probed by a job behind a brake when nobody else waits", async () => {
    const job = await scrape("ada");
    await rig.call(job, "service_refused");
    await lineUp(job);
    await rig.call(await message("ada"), "key_refused");
    await rig.advance(PROBE_EVERY_MS + 3 * SECOND_MS);
    expect(await backOf([job])).toEqual([job]);
    expect(await rig.call(await fetch(job))).toMatchObject({ kind: "ended" });
    expect(await keyState()).toBe("open");
  });
});

describe("jobs behind a brake", () => {
  test("can be cancelled, and expire", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    const expiring = await lineUp(await scrape("bob", { expiresAtMs: rig.nowMs + 500 }));
    const cancelled = await lineUp(await scrape("bob"));
    expect(await rig.endUncalled(cancelled)).toMatchObject({ kind: "ended" });
    expect(await brakes()).toMatchObject([{ waiting: 1 }]);
    await rig.advance(500);
    expect(await ask(expiring)).toBe("refused");
    expect(await brakes()).toMatchObject([{ waiting: 0 }]);
  });

  test("give their account's place to its next job", async () => {
    await rig.account("dan", 1);
    await rig.call(await scrape("ada"), "service_refused");
    const out = await message("dan");
    const sent = await rig.send(out);
    const first = await scrape("dan", { priority: 1 });
    // Urgent jobs are not held by others' places, but there is none.
    expect(await ask(first)).toBe("parked brake");
    const second = await message("dan");
    expect(await rig.park(second)).toBe("parked");
    await rig.settle(out, sent, "ok");
    expect(await isBack(second)).toBe(true);
  });

  test("come back in pieces, and those that were not put away yet are not lost", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    const many: RigJob[] = [];
    for (let n = 0; n < 450; n++) many.push(await lineUp(await scrape("bob")));
    const late = await scrape("cyd", { priority: 100 });
    expect(await ask(late)).toBe("parked brake");
    await rig.engine.keys.releaseBrake("profile.scrape");
    expect(await backOf(many)).toHaveLength(200);
    await rig.swept();
    await rig.swept();
    await rig.moveToDelayed(late);
    expect(await rig.gate.confirmPark(late.ref)).toBe("released");
    expect(await backOf(many)).toHaveLength(450);
    expect(await isBack(late)).toBe(true);
  });

  test("a brake is taken off by hand, few calls at once until one succeeds, and put on again by the next refusal", async () => {
    expect(await rig.engine.keys.releaseBrake("profile.scrape")).toBeNull();
    await rig.call(await scrape("ada"), "service_refused");
    expect((await rig.engine.keys.releaseBrake("profile.scrape"))?.brakes).toEqual([]);
    const sent: { job: RigJob; sent: Sent }[] = [];
    for (let n = 0; n < 8; n++) {
      const job = await scrape("bob");
      sent.push({ job, sent: await rig.send(job) });
    }
    expect(await ask(await scrape("bob"))).toBe("wait probe_out");
    const [first] = sent;
    if (first === undefined) return;
    await rig.settle(first.job, first.sent, "service_refused");
    expect(await braked()).toEqual(["profile.scrape"]);
  });
});

describe("campaigns", () => {
  test("whose operation LinkUp refuses are told so, wait without taking their accounts' places, and go on with the probe's success", async () => {
    const system = new CampaignRig(rig);
    await system.start("c", ["ada"], 5);
    await system.start("other", ["ada"], { count: 3, operation: "profile.contact" });
    await system.feed();
    const refused = await rig.job("bob", { queue: "profiles", operation: "profile.scrape" });
    await rig.call(refused, "service_refused");
    await rig.advance(500);
    for (const job of await system.waiting("c")) {
      expect(await rig.ask(await system.take(job))).toEqual({ kind: "parked", why: "brake" });
      await rig.moveToDelayed(job);
    }
    await system.feed();
    expect(await system.read("c")).toMatchObject({ stalled: true, stalledWhy: "brake" });
    for (let n = 0; n < 3; n++) {
      const [job] = await system.waiting("other");
      if (job === undefined) throw new Error("one of the other campaign is ahead");
      expect(await rig.call(await system.take(job))).toMatchObject({ kind: "ended" });
      await system.feed();
    }
    expect(await system.read("other")).toMatchObject({ state: "ended" });
    expect((await system.read("c")).recipients.fed).toBeLessThanOrEqual(2);
    await rig.advance(500);
    for (let round = 0; round < 4; round++) {
      await rig.swept();
      await system.callAll("c");
      await system.feed();
    }
    expect(await system.read("c")).toMatchObject({ state: "ended", recipients: { ended: 5 }, byStatus: { succeeded: 5 } });
    const said = system.told.filter(({ campaign }) => campaign === "c").map(({ event, why }) => `${event} ${why}`.trim());
    expect(said).toEqual(["draft", "running", "stalled brake", "moving", "ended all_done"]);
    await system.close();
  });
});

describe("log-ins", () => {
  /** A log-in that an account needs: how to ask for it, to let it leave, and to end it. */
  async function loginOf(id: string) {
    const need = await rig.engine.accounts.register(id, { email: `${id}@example.com`, password: "p" });
    if (need === null) throw new Error("a log-in was expected");
    const { state, epoch, turn } = need;
    const job = rig.authJob(need, "auth.login");
    await rig.client.hset(rig.bull("auth", job.ref.id), { name: "auth.login", timestamp: rig.nowMs, data: "{}", opts: "{}" });
    const request = () => ({ ...rig.request(job), urgent: true, auth: { state, epoch, turn } });
    const leave = async (): Promise<Sent> => {
      const asked = request();
      expect((await rig.gate.ask(asked)).kind).toBe("granted");
      expect(await rig.gate.markLeft(asked.ref, asked.callId)).toBe(true);
      return { callId: asked.callId, epoch };
    };
    const refuse = async () => {
      const exhausted = { status: "failed", code: null, outcome: null } as const;
      return await rig.gate.settle({ ...rig.settlement(job, await leave(), "service_refused"), next: { kind: "brake", exhausted } });
    };
    const succeed = async () => {
      const token = await rig.engine.secrets.seal(`token of ${id}`, { purpose: "token", owner: id });
      const next = { kind: "end", status: "succeeded", code: null, outcome: null } as const;
      const accountEvent = { type: "logged_in", token, state, epoch, turn } as const;
      return await rig.gate.settle({ ...rig.settlement(job, await leave(), "ok"), next, accountEvent });
    };
    return { job, ask: () => rig.gate.ask(request()), refuse, succeed };
  }

  test("that the service refuses leave the account as it is and wait for the brake", async () => {
    const { accounts } = rig.engine;
    const login = await loginOf("new");
    expect(await login.refuse()).toMatchObject({ kind: "again", brakes: [{ operation: "auth.login" }] });
    expect(await accounts.read("new")).toMatchObject({ state: "refreshing", why: "registered" });
    expect(await login.ask()).toEqual({ kind: "parked", why: "brake" });
    await rig.moveToDelayed(login.job);
    await rig.gate.confirmPark(login.job.ref);
    await rig.advance(MINUTE_MS);
    expect(await backOf([login.job])).toEqual([login.job]);
    expect(await login.succeed()).toMatchObject({ kind: "ended", brakes: [{ kind: "opened" }] });
    expect(await accounts.read("new")).toMatchObject({ state: "active" });
    expect(await ask(await scrape("new"))).toBe("granted");
  });

  test("are no success between the refusals of calls", async () => {
    await rig.call(await scrape("ada"), "service_refused");
    await (await loginOf("new")).succeed();
    await rig.call(await message("ada"), "service_refused");
    expect(await keyState()).toBe("stopped service_refused");
  });

  test("are a stopped key's probe only when no call comes, and do not open it", async () => {
    const login = await loginOf("new");
    await rig.call(await scrape("ada"), "service_refused");
    await rig.call(await message("ada"), "service_refused");
    await rig.advance(PROBE_EVERY_MS);
    expect(await login.ask()).toEqual({ kind: "snooze", forMs: MINUTE_MS, reason: "key_stopped" });
    await rig.advance(MINUTE_MS);
    expect(await login.succeed()).toMatchObject({ kind: "ended" });
    expect(await keyState()).toBe("stopped service_refused");
    expect(await rig.call(await rig.job("new", { operation: "message.inbox" }))).toMatchObject({ brakes: [{ kind: "key_opened" }] });
  });

  test("that succeed end what log-ins began", async () => {
    const logins = [await loginOf("one"), await loginOf("two"), await loginOf("three")];
    await logins[0]?.refuse();
    await rig.advance(SECOND_MS);
    await logins[1]?.refuse();
    await rig.advance(30 * SECOND_MS);
    await logins[2]?.refuse();
    expect(await keyState()).toBe("stopped service_refused");
    await rig.advance(PROBE_EVERY_MS);
    const fourth = await loginOf("four");
    // Behind its brake; a moment later the sweep sends it as the key's probe.
    expect(await fourth.ask()).toEqual({ kind: "parked", why: "brake" });
    await rig.moveToDelayed(fourth.job);
    await rig.advance(3 * SECOND_MS);
    expect(await backOf([fourth.job])).toEqual([fourth.job]);
    expect((await fourth.succeed()).brakes?.map(({ kind }) => kind)).toEqual(["opened", "key_opened"]);
    expect(await keyState()).toBe("open");
  });
});

describe("however the service goes away", () => {
  test("eight calls leave after the first refusal of the many that are out, when all other answers are slow", async () => {
    const jobs: RigJob[] = [];
    for (let n = 0; n < 60; n++) {
      await rig.account(`slow-${n}`, 1);
      for (let of = 0; of < 5; of++) jobs.push(await rig.job(`slow-${n}`, { operation: `op-${(n + of) % 27}` }));
    }
    const out: { job: RigJob; sent: Sent }[] = [];
    const leave = async () => {
      for (const job of jobs) {
        const callId = rig.newCall();
        if ((await rig.ask(job, callId)).kind !== "granted") continue;
        if (await rig.gate.markLeft(job.ref, callId)) out.push({ job, sent: { callId, epoch: 1 } });
      }
    };
    for (let n = 0; n < 30; n++) {
      const job = jobs.splice(n * 4, 1)[0];
      if (job !== undefined) out.push({ job, sent: await rig.send(job) });
    }
    const [first, ...others] = out.splice(0);
    if (first === undefined) return;
    await rig.settle(first.job, first.sent, "service_refused");
    await leave();
    await rig.advance(SECOND_MS / 2);
    await leave();
    expect(out).toHaveLength(8);
    for (const { job, sent } of [...out.splice(0), ...others]) await rig.settle(job, sent, "service_refused");
    expect(await keyState()).toBe("stopped service_refused");
    await leave();
    expect(out).toEqual([]);
  });

  const MOST_CALLS = 20;
  const shape = fc.record({
    operations: fc.constantFrom(1, 2, 5, 27),
    accounts: fc.constantFrom(1, 2, 60),
    perAccount: fc.constantFrom(1, 3),
    outBefore: fc.nat(80),
    lateSuccesses: fc.nat(60),
    steps: fc.array(
      fc.record({ kind: fc.constantFrom("ask", "ask", "leave", "leave", "answer", "advance"), pick: fc.nat(1_000), ms: fc.nat(20_000) }),
      { minLength: 100, maxLength: 250 },
    ),
  });

  test("at most twenty calls leave after the first refusal came, in ten minutes, of 300 jobs over any operations and accounts", async () => {
    let most = 0;
    const spend = async ({
      operations,
      accounts,
      perAccount,
      outBefore,
      lateSuccesses,
      steps,
    }: typeof shape extends fc.Arbitrary<infer S> ? S : never) => {
      await rig.reset();
      await rig.open();
      for (let n = 0; n < accounts; n++) await rig.account(`acc-${n}`, perAccount);
      const waiting: RigJob[] = [];
      for (let n = 0; n < 300; n++) waiting.push(await rig.job(`acc-${n % accounts}`, { operation: `op-${n % operations}` }));
      const connecting: { job: RigJob; callId: string }[] = [];
      const out: { job: RigJob; callId: string; inTime: boolean }[] = [];
      const take = <T>(list: T[], pick: number): T | undefined => list.splice(pick % Math.max(1, list.length), 1)[0];
      let successes = lateSuccesses;
      let refusals = 0;
      let leftAfter = 0;
      const started = rig.nowMs;
      const step = async (kind: string, pick: number, ms: number) => {
        if (kind === "advance" && rig.nowMs + ms < started + PROBE_EVERY_MS) await rig.advance(ms);
        if (kind === "ask") {
          const job = take(waiting, pick);
          if (job === undefined) return;
          const callId = rig.newCall();
          const answer = await rig.ask(job, callId);
          if (answer.kind === "granted") connecting.push({ job, callId });
          else waiting.push(job);
        }
        if (kind === "leave") {
          const call = take(connecting, pick);
          if (call === undefined) return;
          if (await rig.gate.markLeft(call.job.ref, call.callId)) {
            out.push({ ...call, inTime: refusals === 0 });
            if (refusals > 0) leftAfter += 1;
          } else {
            await rig.settle(call.job, { callId: call.callId, epoch: 1 }, "not_left");
            waiting.push(call.job);
          }
        }
        if (kind === "answer") {
          const call = take(out, pick);
          if (call === undefined) return;
          // Answers of calls that came in time may overtake refusals, and be overtaken.
          const well = call.inTime && successes > 0 && pick % 2 === 0;
          if (well) successes -= 1;
          else refusals += 1;
          const answer = await rig.settle(call.job, { callId: call.callId, epoch: 1 }, well ? "ok" : "service_refused");
          expect(answer.kind).toBe(well ? "ended" : "again");
          if (!well) waiting.push(call.job);
        }
      };
      for (let n = 0; n < outBefore; n++) {
        await step("ask", n * 7, 0);
        await step("leave", 0, 0);
      }
      for (const { kind, pick, ms } of steps) await step(kind, pick, ms);
      most = Math.max(most, leftAfter);
      expect(leftAfter, "calls that left after the first refusal came").toBeLessThanOrEqual(MOST_CALLS);
    };
    await fc.assert(fc.asyncProperty(shape, spend), { numRuns: 30, endOnFailure: true });
    expect(most).toBeGreaterThan(0);
  }, 180_000);
});
