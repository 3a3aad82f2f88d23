/** A schedule of random steps against the real scripts, and beside it what a provider and a witness of the ledger would have seen. */
import fc from "fast-check";
import { expect } from "vitest";
import type { Settlement } from "../src/index.ts";
import type { JobRef } from "../src/job/job-ref.ts";
import type { CallEnd, Rig, RigJob, Sent } from "./rig.ts";

const ENDS: readonly CallEnd[] = [
  "ok",
  "ok",
  "ok",
  "server_error",
  "server_error",
  "not_found",
  "timed_out",
  "token_dead",
  "rate_limited",
  "key_refused",
  "service_refused",
  "service_refused",
  "linkedin_limited",
  "family_limited",
  "refused_unclear",
  "failed_unclear",
  "doubtful",
];
const OPERATIONS = ["message.send", "profile.scrape", "invitation.send"] as const;
/** Targets of jobs: few, so that several are about the same. */
const TARGETS = 6;

export const STEP = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      account: fc.nat(2),
      priority: fc.constantFrom(0, 1, 10, 10, 100),
      price: fc.integer({ min: 1, max: 3 }),
      expiresInMs: fc.option(fc.nat(60_000), { freq: 4 }),
      ofCampaign: fc.boolean(),
      operation: fc.constantFrom(...OPERATIONS),
      target: fc.nat(TARGETS - 1),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("go"),
      pick: fc.nat(30),
      end: fc.constantFrom(...ENDS),
      repeat: fc.boolean(),
      publishes: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash"), pick: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stall"), pick: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose_reply"), pick: fc.nat(30) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("advance"),
      ms: fc.oneof(fc.nat(500), fc.nat(8_000), fc.nat(40_000)),
      clock: fc.constantFrom("runs", "runs", "runs", "stands", "goes_back"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove"), pick: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("login"), account: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("pause", "resume", "stop_key", "open_key", "edit", "release"), account: fc.nat(2) }),
  },
);
type NewJob = {
  account: number;
  priority: number;
  price: number;
  expiresInMs: number | null;
  ofCampaign: boolean;
  operation: string;
  target: number;
};
export type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;

const ACCOUNTS = [
  { id: "ada", max: 1 },
  { id: "bob", max: 2 },
  { id: "cyd", max: 1 },
] as const;
/** BullMQ gives a job of a dead worker away after one of these, ms. */
const STALLS_MS = [12_000, 60_000, 1_000] as const;
const DAY_MS = 86_400_000;
const CAMPAIGN = "spring";

type Call = { job: RigJob; callId: string; fromMs: number; toMs: number; mayRepeat: boolean; charge: "yes" | "no" | "unknown" };
type Run = {
  job: RigJob;
  callId: string;
  phase: "fetched" | "granted" | "flying" | "parking" | "confirming";
  askedAtMs: number;
  lostAskMs: number | null;
  epoch: number;
  /** Of the campaign's text that this worker's request was made from. */
  revision: number;
  call: Call | null;
  /** BullMQ gave the job to another worker: this one no longer holds it. */
  zombie: boolean;
};

/** Whether each script is run twice, and whether a settlement asks for its outcome to be published in the same step. */
type How = { repeat: boolean; publishes: boolean };

/** The request as the run's worker has it now. */
function asked({ job, revision }: Run): RigJob {
  return job.revision === undefined ? job : { ...job, revision };
}

function stallMs(pick: number): number {
  return STALLS_MS[pick % STALLS_MS.length] ?? 0;
}

export type Limits = { limit: number; windowMs: number; timeoutMs: number };

export async function createSchedule(rig: Rig, limits: Limits): Promise<Schedule> {
  for (const { id, max } of ACCOUNTS) {
    await rig.engine.accounts.register(id, { email: `${id}@example.com`, password: "secret", maxInFlight: max });
  }
  await rig.client.hset(rig.key(`campaign:${CAMPAIGN}`), { state: "running", maxCredits: "", rev: 1, accepted: 1_000_000 });
  const schedule = new Schedule(rig, limits);
  for (const { id } of ACCOUNTS) await schedule.login(id);
  return schedule;
}

export class Schedule {
  readonly #rig: Rig;
  readonly #limits: Limits;
  /** True time; Redis's clock may lag behind it, never run ahead. */
  #timeMs: number;
  readonly #bornMs: number;
  readonly #jobs = new Map<string, RigJob>();
  readonly #runs: Run[] = [];
  readonly #stalled: { job: RigJob; atMs: number }[] = [];
  readonly #calls: Call[] = [];
  #logins = 0;
  #added = 0;
  #revision = 1;

  constructor(rig: Rig, limits: Limits) {
    this.#rig = rig;
    this.#limits = limits;
    this.#timeMs = rig.nowMs;
    this.#bornMs = rig.nowMs - DAY_MS;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "add":
        if ("priority" in step) await this.#add(step);
        return;
      case "go":
        if ("end" in step) await this.#go(step);
        return;
      case "crash":
        if ("pick" in step) this.#crash(step.pick);
        return;
      case "stall":
        if ("pick" in step) this.#stall(step.pick);
        return;
      case "remove":
        if ("pick" in step) await this.#remove(step.pick);
        return;
      case "lose_reply":
        if ("pick" in step) await this.#loseReply(step.pick);
        return;
      case "advance":
        if ("clock" in step) await this.#advance(step.ms, step.clock);
        return;
      case "sweep":
        await this.#sweep();
        return;
      case "stop_key":
        await this.#rig.engine.keys.pause();
        return;
      case "open_key":
        await this.#rig.engine.keys.resume();
        return;
      case "edit":
        this.#revision = await this.#rig.client.hincrby(this.#rig.key(`campaign:${CAMPAIGN}`), "rev", 1);
        return;
    }
    if (step.kind === "release") await this.#release();
    const account = "account" in step ? ACCOUNTS[step.account] : undefined;
    if (account === undefined) return;
    if (step.kind === "login") await this.login(account.id);
    if (step.kind === "pause") await this.#rig.engine.accounts.pause(account.id);
    if (step.kind === "resume") await this.#rig.engine.accounts.resume(account.id);
  }

  /** Time goes on, workers live, LinkUp answers: everything must come to its end. */
  async finish(): Promise<void> {
    const { accounts, keys } = this.#rig.engine;
    for (let round = 0; round < 600; round++) {
      await this.#advance(2_000, "runs");
      await this.#sweep();
      const { state, reason } = await keys.read();
      if (state === "stopped" && reason === "by_hand") await keys.resume();
      // Its probes are ten minutes apart.
      if (state === "stopped") await this.#advance(60_000, "runs");
      // A target that was refused again and again waits up to a day for its next try.
      if (round % 50 === 49) await this.#release();
      for (const { id } of ACCOUNTS) {
        const account = await accounts.read(id);
        if (account?.state === "cooling" && this.#runs.length === 0) {
          await this.#advance(Math.max(0, Date.parse(account.coolingUntil ?? "") - this.#rig.nowMs), "runs");
        }
        for (const { until } of account?.rests ?? []) {
          if (until === null) await accounts.resume(id);
          else if (this.#runs.length === 0) await this.#advance(Math.max(0, Date.parse(until) - this.#rig.nowMs), "runs");
        }
        if (account?.state === "disabled" || account?.state === "needs_attention") await accounts.resume(id);
        await this.login(id);
      }
      for (let i = 0; i < 60; i++) {
        const before = this.#runs.length;
        await this.#go({ pick: i % 2 === 0 ? 0 : i, end: "ok", repeat: false, publishes: i % 3 === 0 });
        if (before === 0 && this.#runs.length === 0) break;
      }
      if (this.#runs.length === 0 && this.#stalled.length === 0 && (await this.#rig.results()).size === this.#jobs.size) return;
    }
    const states = await Promise.all([...this.#jobs.values()].map(async (job) => `${job.ref.id}:${await this.#rig.stateOf(job)}`));
    const results = await this.#rig.results();
    const held = await Promise.all(ACCOUNTS.map(({ id }) => accounts.read(id)));
    throw new Error(
      `jobs without an end: ${states.filter((state) => !results.has(state.split(":")[0] ?? "")).join(", ")}; ${JSON.stringify([await keys.read(), held])}`,
    );
  }

  /** The worst placement: a window meets as many arrivals as there are calls that may arrive in it. */
  checkWindow(): void {
    const { limit, windowMs } = this.#limits;
    for (const { toMs } of this.#calls) {
      const meets = this.#calls.filter((other) => other.toMs >= toMs && other.fromMs <= toMs + windowMs).length;
      expect(meets, "requests that may arrive in one window").toBeLessThanOrEqual(limit);
    }
  }

  async checkLedger(digestOf: (ref: JobRef) => string): Promise<void> {
    const rig = this.#rig;
    const results = await rig.results();
    expect([...results.keys()].sort()).toEqual([...this.#jobs.keys()].sort());
    // Past every window, deadline and look of the sweep.
    await this.#advance(this.#limits.timeoutMs + 2 * this.#limits.windowMs + 61_000, "runs");
    await this.#sweep();
    const key = await rig.engine.keys.read();
    expect({ slots: key.slotsBusy, open: key.openGrants, outbox: key.unpublished }).toEqual({ slots: 0, open: 0, outbox: 0 });
    const credits: Record<string, number> = {};
    for (let day = Math.floor(this.#bornMs / DAY_MS); day <= Math.floor(this.#timeMs / DAY_MS); day++) {
      for (const [name, amount] of Object.entries(await rig.credits(day))) credits[name] = (credits[name] ?? 0) + amount;
    }
    const sum = (charge: Call["charge"]) => this.#calls.reduce((total, call) => total + (call.charge === charge ? call.job.price : 0), 0);
    expect({ charged: credits["charged"] ?? 0, uncertain: credits["uncertain"] ?? 0, held: credits["held"] ?? 0 }).toEqual({
      charged: sum("yes"),
      uncertain: sum("unknown"),
      held: 0,
    });
    for (const { id } of ACCOUNTS) {
      const left = await Promise.all([
        rig.client.zcard(rig.key(`lane:${id}`)),
        rig.client.scard(rig.key(`flying:${id}`)),
        rig.client.scard(rig.key(`next:${id}`)),
      ]);
      expect(left, `lane, flying and next of ${id}`).toEqual([0, 0, 0]);
    }
    const ofCampaign = this.#calls.filter(({ job }) => job.meta.campaignId !== null);
    const [charged, held] = await rig.client.hmget(rig.key(`campaign:${CAMPAIGN}`), "charged", "held");
    expect({ charged: Number(charged), held: Number(held) }, "the campaign's own credits").toEqual({
      charged: ofCampaign.reduce((total, { charge, job }) => total + (charge === "yes" ? job.price : 0), 0),
      held: 0,
    });
    expect(await rig.client.zcard(rig.key("released"))).toBe(0);
    for (const operation of OPERATIONS) {
      expect(await rig.client.zcard(rig.key(`braked:${operation}`)), `the line behind the brake of ${operation}`).toBe(0);
    }
    expect(await rig.client.zcard(rig.key("doubted")), "calls let out in doubt").toBe(0);
    expect(await rig.client.zcard(rig.key("vanished"))).toBe(0);
    expect(await rig.client.zcard(rig.key("waiting"))).toBe(0);
    for (const job of this.#jobs.values()) expect(await rig.client.exists(rig.key(`job:${digestOf(job.ref)}`)), job.ref.id).toBe(0);
  }

  /** A log-in as the auth queue makes it, when the account's state asks for one. */
  async login(accountId: string): Promise<void> {
    const rig = this.#rig;
    const need = await rig.engine.accounts.authNeed(accountId);
    if (need === null) return;
    const { state, epoch, turn } = need;
    const job = rig.authJob(need, "auth.login");
    const { ref } = job;
    const callId = rig.newCall();
    const answer = await rig.gate.ask({ ...rig.request(job, callId), urgent: true, auth: { state, epoch, turn } });
    if (answer.kind !== "granted") return;
    if (!(await rig.gate.markLeft(ref, callId))) {
      await rig.gate.settle(rig.settlement(job, { callId, epoch }, "not_left"));
      return;
    }
    this.#logins += 1;
    const token = await rig.engine.secrets.seal(`token-${this.#logins}`, { purpose: "token", owner: accountId });
    this.#calls.push({ job, callId, fromMs: this.#timeMs, toMs: this.#timeMs, mayRepeat: false, charge: "yes" });
    await rig.gate.settle({
      ...rig.settlement(job, { callId, epoch }, "ok"),
      next: { kind: "end", status: "succeeded", code: null, outcome: null },
      accountEvent: { type: "logged_in", token, state, epoch, turn },
    });
  }

  /** Somebody takes the brakes off. */
  async #release(): Promise<void> {
    const { keys } = this.#rig.engine;
    for (const { operation } of (await keys.read()).brakes) await keys.releaseBrake(operation);
  }

  async #add({ account, expiresInMs, ofCampaign, target, ...job }: NewJob): Promise<void> {
    const rig = this.#rig;
    const queue = this.#added % 2 === 0 ? "messages" : "profiles";
    const expiry = expiresInMs === null ? {} : { expiresAtMs: rig.nowMs + expiresInMs };
    const campaign = ofCampaign ? { campaignId: CAMPAIGN } : {};
    const added = await rig.job(ACCOUNTS[account]?.id ?? "ada", {
      queue,
      ...job,
      ...expiry,
      ...campaign,
      target: `t${target}`,
      id: `j${this.#added}`,
    });
    if (ofCampaign) added.revision = this.#revision;
    this.#added += 1;
    this.#jobs.set(added.ref.id, added);
    await this.#toWaiting(added);
  }

  /**
   * Somebody takes a job out of its queue by hand while it waits there. A job that never came to the gate leaves no trace; a job whose worker died
   * between its outcome and its end in the queue has its outcome.
   */
  async #remove(pick: number): Promise<void> {
    const { client } = this.#rig;
    const inHand = new Set([...this.#runs, ...this.#stalled].map(({ job }) => job));
    const waiting = [...this.#jobs.values()].filter((job) => !inHand.has(job));
    const job = waiting[pick % Math.max(1, waiting.length)];
    if (job === undefined) return;
    const { queue, id } = job.ref;
    const bull = (name: string) => this.#rig.bull(queue, name);
    if ((await client.del(bull(id))) === 0) return;
    await Promise.all([client.lrem(bull("wait"), 0, id), client.zrem(bull("prioritized"), id), client.zrem(bull("delayed"), id)]);
    const hasCome = (await this.#rig.stateOf(job)) !== null || (await this.#rig.results()).has(id);
    if (!hasCome) this.#jobs.delete(id);
  }

  async #toWaiting({ ref, priority }: RigJob): Promise<void> {
    const { client } = this.#rig;
    if (priority === 0) await client.lpush(this.#rig.bull(ref.queue, "wait"), ref.id);
    else await client.zadd(this.#rig.bull(ref.queue, "prioritized"), priority * 2 ** 32, ref.id);
  }

  /** As BullMQ: plain jobs first, then by priority; delayed ones when they are due. */
  async #fetch(): Promise<void> {
    const { client } = this.#rig;
    for (const queue of ["messages", "profiles"]) {
      const bull = (name: string) => this.#rig.bull(queue, name);
      let id = await client.rpop(bull("wait"));
      if (id === null) id = (await client.zpopmin(bull("prioritized")))[0] ?? null;
      if (id === null) {
        id = (await client.zrangebyscore(bull("delayed"), "-inf", this.#timeMs, "LIMIT", 0, 1))[0] ?? null;
        if (id !== null) await client.zrem(bull("delayed"), id);
      }
      const job = id === null ? undefined : this.#jobs.get(id);
      if (job === undefined) continue;
      this.#runs.push({
        job,
        callId: this.#rig.newCall(),
        phase: "fetched",
        askedAtMs: this.#timeMs,
        lostAskMs: null,
        epoch: 0,
        revision: job.revision ?? 0,
        call: null,
        zombie: false,
      });
      return;
    }
  }

  #pick(pick: number): Run | undefined {
    return this.#runs[pick % Math.max(1, this.#runs.length)];
  }

  #end(run: Run): void {
    const at = this.#runs.indexOf(run);
    if (at !== -1) this.#runs.splice(at, 1);
  }

  async #delay(run: Run, untilMs: number): Promise<void> {
    this.#end(run);
    if (!run.zombie) await this.#rig.client.zadd(this.#rig.bull(run.job.ref.queue, "delayed"), untilMs, run.job.ref.id);
  }

  async #complete(run: Run): Promise<void> {
    this.#end(run);
    if (!run.zombie) await this.#rig.client.del(this.#rig.bull(run.job.ref.queue, run.job.ref.id));
  }

  #crash(pick: number): void {
    const fragile = pick % 2 === 0 ? "flying" : "confirming";
    const out = this.#runs.filter((some) => some.phase === fragile);
    const run = out[pick % Math.max(1, out.length)] ?? this.#pick(pick);
    if (run === undefined) return;
    this.#end(run);
    if (!run.zombie) this.#stalled.push({ job: run.job, atMs: this.#timeMs + stallMs(pick) });
  }

  #stall(pick: number): void {
    const run = this.#pick(pick);
    if (run === undefined || run.zombie) return;
    run.zombie = true;
    this.#stalled.push({ job: run.job, atMs: this.#timeMs + stallMs(pick) });
  }

  async #advance(ms: number, clock: "runs" | "stands" | "goes_back"): Promise<void> {
    this.#timeMs += ms;
    const by = clock === "runs" ? ms : clock === "stands" ? 0 : -Math.floor(ms / 4);
    await this.#rig.advance(by);
    for (const stalled of this.#stalled.splice(0)) {
      if (stalled.atMs > this.#timeMs) this.#stalled.push(stalled);
      else await this.#toWaiting(stalled.job);
    }
  }

  async #sweep(): Promise<void> {
    await this.#rig.swept();
    await this.#checkAccounts();
  }

  /** The script ran, its answer was lost with the connection: ioredis sends it again later. */
  async #loseReply(pick: number): Promise<void> {
    const run = this.#pick(pick);
    if (run?.phase === "fetched") {
      run.lostAskMs ??= this.#timeMs;
      await this.#rig.ask(asked(run), run.callId);
    }
    if (run?.phase === "granted" && !this.#tooLate(run) && (await this.#rig.gate.markLeft(run.job.ref, run.callId))) this.#left(run);
  }

  /** The mark is written: from now to the deadline the request may arrive. */
  #left(run: Run): void {
    if (run.call !== null) return;
    const { job, callId } = run;
    const before = this.#calls.filter((call) => call.job === job && !call.mayRepeat);
    expect(before, `earlier calls of ${job.ref.id} that left and were not free`).toEqual([]);
    const toMs = run.askedAtMs + this.#limits.timeoutMs;
    run.call = { job, callId, fromMs: this.#timeMs, toMs, mayRepeat: false, charge: "unknown" };
    this.#calls.push(run.call);
  }

  #tooLate(run: Run): boolean {
    return this.#timeMs >= run.askedAtMs + this.#limits.timeoutMs;
  }

  /** Runs a script, and again where asked: the second time must change nothing and answer the same. */
  async #twice<T>(repeat: boolean, script: () => Promise<T>): Promise<T> {
    const first = await script();
    if (!repeat) return first;
    const before = await this.#rig.client.call("DEBUG", "DIGEST");
    expect(await script(), "the answer of a repeated script").toEqual(first);
    expect(await this.#rig.client.call("DEBUG", "DIGEST"), "Redis after a repeated script").toBe(before);
    return first;
  }

  async #go({ pick, end, ...how }: { pick: number; end: CallEnd } & How): Promise<void> {
    if (pick % 3 === 0 || this.#runs.length === 0) await this.#fetch();
    const run = this.#pick(pick);
    if (run === undefined) return;
    const { job } = run;
    const { gate } = this.#rig;
    const { repeat } = how;
    switch (run.phase) {
      case "fetched":
        return await this.#ask(run, how);
      case "granted": {
        if (this.#tooLate(run) || !(await this.#twice(repeat, () => gate.markLeft(job.ref, run.callId)))) {
          return await this.#settle(run, "not_left", how);
        }
        this.#left(run);
        run.phase = "flying";
        await this.#checkAccounts();
        return;
      }
      case "flying":
        return await this.#settle(run, this.#tooLate(run) ? "timed_out" : end, how);
      case "parking":
        run.phase = "confirming";
        if (!run.zombie) await this.#rig.moveToDelayed(job);
        return;
      case "confirming":
        this.#end(run);
        if (!run.zombie) await this.#twice(repeat, () => gate.confirmPark(job.ref));
    }
  }

  async #ask(run: Run, how: How): Promise<void> {
    const { job } = run;
    const rig = this.#rig;
    // A request that is sent again counts from the first time.
    const mayBeOld = run.lostAskMs !== null;
    run.askedAtMs = run.lostAskMs ?? this.#timeMs;
    run.lostAskMs = null;
    const answer = await this.#twice(how.repeat, () => rig.ask(asked(run), run.callId));
    switch (answer.kind) {
      case "edited":
        // Made anew, under a call of its own: never the one that was refused.
        expect(run.revision, "the revision of a job that is to be made anew").toBeLessThan(this.#revision);
        run.revision = this.#revision;
        run.callId = rig.newCall();
        return;
      case "granted":
        if (job.revision !== undefined && !mayBeOld) expect(run.revision, "the revision of a granted job").toBe(this.#revision);
        run.phase = "granted";
        run.epoch = answer.epoch;
        return await this.#checkAccounts();
      case "wait":
        return;
      case "snooze":
        return await this.#delay(run, this.#timeMs + answer.forMs);
      case "parked":
        run.phase = "parking";
        return;
      case "refused":
        await rig.endUncalled(job);
        return await this.#complete(run);
      case "settled":
        return await this.#complete(run);
      case "interrupted":
        run.callId = answer.callId;
        return await this.#settle(run, "timed_out", how);
    }
  }

  async #settle(run: Run, end: CallEnd, { repeat, publishes }: How): Promise<void> {
    const { gate } = this.#rig;
    const sent: Sent = { callId: run.callId, epoch: run.epoch };
    const apart = this.#rig.settlement(run.job, sent, end);
    const settlement: Settlement = publishes ? this.#rig.publishing(apart) : apart;
    if (run.call !== null && !settlement.left) {
      // Marked, but its worker knows that it sent nothing.
      this.#calls.splice(this.#calls.indexOf(run.call), 1);
      run.call = null;
    }
    if (run.call !== null) {
      if (settlement.answered) run.call.toMs = this.#timeMs;
      run.call.charge = settlement.charge;
      run.call.mayRepeat = ["server_error", "token_dead", "key_refused", "service_refused"].includes(end);
    }
    const answer = await this.#twice(repeat, () => gate.settle(settlement));
    await this.#checkAccounts();
    switch (answer.kind) {
      case "ended":
        return await this.#complete(run);
      case "retry":
      case "again":
        return await this.#delay(run, this.#timeMs + 1_000);
      case "parked":
        run.phase = "parking";
        return;
      case "already":
        // The job went on without this worker; only its credits were settled.
        if (answer.state === "settled") return await this.#complete(run);
        return await this.#delay(run, this.#timeMs + 1_000);
    }
  }

  async #checkAccounts(): Promise<void> {
    for (const { id, max } of ACCOUNTS) {
      expect(await this.#rig.client.scard(this.#rig.key(`flying:${id}`)), `calls in flight for ${id}`).toBeLessThanOrEqual(max);
      const out = this.#runs.filter(
        (run) => run.job.accountId === id && run.phase === "flying" && !this.#tooLate(run) && run.call !== null,
      );
      expect(out.length, `calls that are out for ${id}`).toBeLessThanOrEqual(max);
    }
  }
}
