/**
 * The engine on a real Redis with a clock of the test's own, which starts at a fixed date: a window of a minute runs in milliseconds. Jobs of
 * BullMQ are stood in for by their keys where no worker runs.
 */
import { isOperation, personKey, restScope, type SpendingQueue, scopesOf } from "@linkup-queue/contracts";
import { acquireRedis, START_MS, TEST_REDIS_CALL, TestClock, type TestRedis, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import { Redis } from "ioredis";
import { authJobId, type Registration } from "../src/accounts/accounts.ts";
import type { EngineParts } from "../src/engine.ts";
import {
  type AccountEvent,
  type AuthNeed,
  createEngine,
  type Ending,
  type Engine,
  endOf,
  type GateRequest,
  type JobMeta,
  jobDigest,
  NO_HISTORY,
  Secrets,
  type SettleAnswer,
  type Settlement,
  Sweep,
  settlementOf,
} from "../src/index.ts";
import type { JobRef } from "../src/job/job-ref.ts";
import { outcomeOf } from "../src/job/outcome.ts";
import type { GateAnswer } from "../src/ledger/gate.ts";
import { packOutcome, unpackOutcome } from "../src/ledger/outcome-store.ts";
import type { EngineConfig } from "../src/redis/engine-config.ts";
import type { Layout } from "../src/redis/layout.ts";
import type { ScriptOptions } from "../src/redis/scripts.ts";
import type { SweepReport } from "../src/work/sweep.ts";
import { TEST_PRICES } from "./test-prices.ts";

const scriptOptions = { redisCall: TEST_REDIS_CALL };

export const CONFIG: Omit<EngineConfig, "keyId"> = {
  rateLimit: 300,
  rateWindowMs: 60_000,
  timeoutMs: 10_000,
  maxAttempts: 3,
  accountConcurrency: 1,
  accountPolicy: "none",
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  resultsMax: 100_000,
  redisReplicas: 0,
};

export type RigJob = {
  ref: JobRef;
  accountId: string;
  priority: number;
  price: number;
  meta: JobMeta;
  expiresAtMs: number | null;
  /** Of a look at an invitation: what it finds. */
  sign?: "accepted" | "not_accepted" | "received" | "none";
  /** The job's target. */
  target: string;
  /** Of its campaign's text, from which it was made. */
  revision?: number;
  /** The address of the person whom it reaches. */
  to?: string;
  /** An invitation's note. */
  note?: string;
};

/** A call that left: its name and the token's epoch. */
export type Sent = { callId: string; epoch: number };

export type JobOptions = {
  id?: string;
  queue?: SpendingQueue;
  priority?: number;
  price?: number;
  expiresAtMs?: number;
  campaignId?: string;
  timestamp?: number;
  operation?: string;
  /** The job's target; the job itself when left out. */
  target?: string;
  /** The address of the person whom it reaches. */
  to?: string;
  /** An invitation's note. */
  note?: string;
};

/** The result of a call, as the worker would put it. */
export type CallEnd =
  | "ok"
  | "server_error"
  | "not_found"
  | "timed_out"
  | "not_left"
  | "no_connection"
  | "token_dead"
  | "rate_limited"
  | "key_refused"
  | "service_refused"
  | "linkedin_limited"
  | "family_limited"
  | "account_restricted"
  | "refused_unclear"
  | "failed_unclear"
  | "doubtful";

type SettledPart = Pick<Settlement, "left" | "answered" | "serverError" | "charge" | "next"> &
  Partial<Pick<Settlement, "keyAction" | "refusal" | "doubtful" | "accountEvent">>;

/** Of rests in tests: 1 h, 2 h, 4 h, then a person. */
export const LADDER = [3_600_000, 7_200_000, 14_400_000];

function scopesOfJob({ meta: { operation }, note }: RigJob): string[] {
  return isOperation(operation) ? scopesOf(operation, note === undefined ? {} : { message: note }) : [operation];
}

function familyRest(job: RigJob) {
  return { scope: restScope(scopesOfJob(job), "family"), ladder: LADDER, part: 0 };
}

function unclear(job: RigJob, row: string) {
  return { type: "refused_unclear", operation: job.meta.operation, row, ...familyRest(job), cause: "refused_in_a_row" } as const;
}

function ending(status: Ending["status"], code: Ending["code"]): Ending {
  return { status, code, message: status, httpStatus: null, output: null };
}

export class Rig {
  readonly redis: TestRedis;
  readonly client: Redis;
  readonly engine: Engine;
  readonly sweep: Sweep;
  /** For processes of ours on the same Redis, base64. */
  readonly secretsKey: string;
  readonly #clock: TestClock;
  #jobs = 0;
  #calls = 0;

  constructor(parts: { redis: TestRedis; client: Redis; engine: Engine; sweep: Sweep; secretsKey: string }) {
    this.redis = parts.redis;
    this.client = parts.client;
    this.engine = parts.engine;
    this.sweep = parts.sweep;
    this.secretsKey = parts.secretsKey;
    this.#clock = new TestClock(parts.client, parts.engine.scripts.tag);
  }

  get nowMs(): number {
    return this.#clock.nowMs;
  }

  get gate() {
    return this.engine.gate;
  }

  key(name: string): string {
    return this.engine.scripts.key(name);
  }

  bull(queue: string, name: string): string {
    return `${this.engine.scripts.tag}:${queue}:${name}`;
  }

  /** Moves the clock: of the scripts, of this process, and of our keys' expiries. */
  async setClock(ms: number): Promise<void> {
    await this.#clock.set(ms);
  }

  async advance(ms: number): Promise<void> {
    await this.setClock(this.nowMs + ms);
  }

  /** An engine with other settings on the same keys, which keeps what it settles where that is given. */
  withConfig(changes: Partial<EngineConfig>, parts: Pick<EngineParts, "keptEnds" | "onClockJump"> = {}): Engine {
    const { engine, client } = this;
    const config = { ...engine.config, ...changes };
    return createEngine({ client, config, secrets: engine.secrets, prices: TEST_PRICES, scriptOptions, ...parts });
  }

  /** The whole state as it is now. Answers what puts it back, with the clock as it is then. */
  async keepState(): Promise<() => Promise<void>> {
    const names = await this.client.keys("*");
    const dumps = await Promise.all(
      names.map(async (name) => [name, await this.client.dumpBuffer(name), await this.client.pttl(name)] as const),
    );
    return async () => {
      await this.client.flushall();
      await Promise.all(dumps.map(([name, dump, ttl]) => this.client.restore(name, Math.max(0, ttl), dump ?? Buffer.alloc(0))));
      await this.#clock.start(this.nowMs);
    };
  }

  /** An engine of another version on the same keys. */
  withLayout(layout: Layout): Engine {
    const { engine, client } = this;
    return createEngine({
      client,
      config: engine.config,
      secrets: engine.secrets,
      prices: TEST_PRICES,
      scriptOptions: { ...scriptOptions, layout },
    });
  }

  /** Opens the key as a first worker does; unless `proven` is false, as one that LinkUp has answered before. */
  async open({ fresh = true, proven = true }: { fresh?: boolean; proven?: boolean } = {}): Promise<void> {
    await this.engine.keys.start({ worker: "rig", apiKey: "rig-api-key", secrets: this.engine.secrets, fresh });
    if (proven) await this.client.hdel(this.key("key"), "unproven");
  }

  /** An account with a live token. */
  async account(id: string, maxInFlight?: number, rules: Pick<Registration, "plan" | "policy"> = {}): Promise<void> {
    await this.engine.accounts.register(id, { loginToken: `token-of-${id}`, maxInFlight, ...rules });
  }

  async job(accountId: string, options: JobOptions = {}): Promise<RigJob> {
    this.#jobs += 1;
    const queue = options.queue ?? "messages";
    const ref: JobRef = { queue, id: options.id ?? `job-${this.#jobs}`, timestamp: options.timestamp ?? this.nowMs };
    const { operation = "message.send", target = ref.id } = options;
    const meta: JobMeta = {
      operation,
      accountId,
      campaignId: options.campaignId ?? null,
      recipientId: null,
      redriveOf: null,
      enqueuedAtMs: ref.timestamp,
      ...(options.to === undefined ? {} : { about: [personKey(options.to)] }),
    };
    const data = JSON.stringify({
      accountId,
      ...(options.campaignId === undefined ? {} : { campaignId: options.campaignId }),
      ...(options.to === undefined ? {} : { input: { linkedin_url: options.to } }),
    });
    await this.client.hset(this.bull(queue, ref.id), { name: operation, timestamp: ref.timestamp, data, opts: "{}" });
    return {
      ref,
      accountId,
      priority: options.priority ?? 10,
      price: options.price ?? 1,
      meta,
      expiresAtMs: options.expiresAtMs ?? null,
      target,
      ...(options.to === undefined ? {} : { to: options.to }),
      ...(options.note === undefined ? {} : { note: options.note }),
    };
  }

  /** A log-in or verification as a job. */
  authJob({ accountId, ...auth }: AuthNeed, operation: "auth.login" | "auth.verify"): RigJob {
    const ref: JobRef = { queue: "auth", id: authJobId({ accountId, ...auth }), timestamp: this.nowMs };
    const names = { operation, accountId, campaignId: null, recipientId: null, redriveOf: null };
    return {
      ref,
      accountId,
      priority: 1,
      price: 1,
      meta: { ...names, enqueuedAtMs: this.nowMs, auth },
      expiresAtMs: null,
      target: accountId,
    };
  }

  async jobs(count: number, accountId: string, options: JobOptions = {}): Promise<RigJob[]> {
    const made: RigJob[] = [];
    for (let i = 0; i < count; i++) made.push(await this.job(accountId, options));
    return made;
  }

  /** So many jobs wait in a queue, of which the gate sees no more than their number. */
  async backlog(count: number): Promise<void> {
    await this.client.rpush(this.bull("posts", "wait"), ...Array.from({ length: count }, (_none, n) => `waits-${n}`));
  }

  newCall(): string {
    this.#calls += 1;
    return `call-${this.#calls}`;
  }

  request(job: RigJob, callId = this.newCall()): GateRequest {
    const { ref, accountId, priority, price, target, expiresAtMs, meta, revision, to } = job;
    return {
      callId,
      ref,
      accountId,
      priority,
      urgent: priority === 1,
      price,
      target,
      scopes: scopesOfJob(job),
      expiresAtMs,
      meta,
      revision,
      people: () => (to === undefined ? [] : [personKey(to)]),
    };
  }

  async ask(job: RigJob, callId?: string): Promise<GateAnswer> {
    return await this.gate.ask(this.request(job, callId));
  }

  /** Asks, expects a grant and marks it left. */
  async send(job: RigJob): Promise<Sent> {
    const callId = this.newCall();
    const answer = await this.ask(job, callId);
    if (answer.kind !== "granted") throw new Error(`expected a grant, not ${JSON.stringify(answer)}`);
    if (!(await this.gate.markLeft(job.ref, callId))) throw new Error("the mark was refused");
    return { callId, epoch: answer.epoch };
  }

  settlement(job: RigJob, { callId, epoch }: Sent, end: CallEnd): Settlement {
    const outcome = (status: Ending["status"], code: Ending["code"]) =>
      packOutcome(outcomeOf(job.ref, job.meta, { ending: ending(status, code), history: NO_HISTORY }));
    const over = (status: Ending["status"], code: Ending["code"]) =>
      ({ kind: "end", status, code, outcome: outcome(status, code) }) as const;
    const answered = { left: true, answered: true, serverError: false } as const;
    const unanswered = { left: false, answered: false, serverError: false } as const;
    const retry = {
      kind: "retry",
      exhausted: { status: "failed", code: "server_error", outcome: outcome("failed", "server_error") },
    } as const;
    const dead: AccountEvent = { type: "token_dead", epoch };
    const parts: Record<CallEnd, SettledPart> = {
      ok: { ...answered, charge: "yes", next: over("succeeded", null), accountEvent: { type: "call_worked" } },
      server_error: { ...answered, serverError: true, charge: "no", next: retry },
      not_found: { ...answered, charge: "yes", next: over("failed", "not_found") },
      timed_out: { ...unanswered, left: true, charge: "unknown", next: over("unknown", "timed_out") },
      not_left: { ...unanswered, charge: "no", next: { kind: "again" } },
      no_connection: { ...unanswered, charge: "no", next: retry },
      token_dead: { ...answered, charge: "yes", next: { kind: "park" }, accountEvent: dead },
      rate_limited: { ...answered, charge: "yes", next: over("failed", "rate_limited"), keyAction: "cool" },
      service_refused: {
        ...answered,
        charge: "yes",
        next: { kind: "brake", exhausted: { status: "failed", code: "not_found", outcome: outcome("failed", "not_found") } },
        refusal: "path-gone",
      },
      key_refused: { ...answered, charge: "yes", next: { kind: "again" }, keyAction: "stop" },
      doubtful: { ...answered, charge: "yes", next: over("unknown", "bad_response"), doubtful: "unproven" },
      family_limited: {
        ...answered,
        charge: "yes",
        next: over("failed", "linkedin_limited"),
        accountEvent: { type: "rest", ...familyRest(job), cause: "invitation_limit" },
      },
      account_restricted: {
        ...answered,
        charge: "yes",
        next: over("failed", "linkedin_limited"),
        accountEvent: { type: "rest", scope: "account", cause: "account_restricted", ladder: [], part: 0 },
      },
      refused_unclear: { ...answered, charge: "yes", next: over("failed", "forbidden"), accountEvent: unclear(job, "forbidden") },
      failed_unclear: { ...answered, charge: "yes", next: over("unknown", "action_failed"), accountEvent: unclear(job, "action-failed") },
      linkedin_limited: {
        ...answered,
        charge: "yes",
        next: over("failed", "linkedin_limited"),
        accountEvent: { type: "rest", scope: "account", cause: "linkedin_limited", ladder: LADDER, part: 0 },
      },
    };
    const { ref, accountId, price, meta } = job;
    const { operation, campaignId, recipientId } = meta;
    const sign = job.sign === undefined || end !== "ok" ? {} : { sign: job.sign };
    const invited = operation === "invitation.send" && job.to !== undefined ? { invited: job.to } : {};
    return { ref, callId, operation, accountId, campaignId, recipientId, price, ...invited, ...sign, ...parts[end] };
  }

  /** The settlement as a worker puts it: its outcome is published in the same step where it can be. */
  publishing(settlement: Settlement): Settlement {
    const { next } = settlement;
    return next.kind === "end" && next.outcome !== null ? { ...settlement, publishes: unpackOutcome(next.outcome) } : settlement;
  }

  async settle(job: RigJob, sent: Sent, end: CallEnd): Promise<SettleAnswer> {
    return await this.gate.settle(this.settlement(job, sent, end));
  }

  /** A whole call: granted, left, answered. */
  async call(job: RigJob, end: CallEnd = "ok"): Promise<SettleAnswer> {
    return await this.settle(job, await this.send(job), end);
  }

  /** Ends a job without a call, as for one that expired. */
  async endUncalled(job: RigJob, status: Ending["status"] = "cancelled"): Promise<SettleAnswer> {
    return await this.gate.settle(this.uncalled(job, status));
  }

  uncalled(job: RigJob, status: Ending["status"] = "cancelled"): Settlement {
    const code = status === "cancelled" ? "expired" : "account_unavailable";
    const { end } = endOf(job.ref, job.meta, { ending: ending(status, code), history: NO_HISTORY });
    return settlementOf(job.ref, job.meta, { next: { kind: "end", ...end } });
  }

  /** The worker's step after `parked`. */
  async moveToDelayed(job: RigJob): Promise<void> {
    await this.client.zadd(this.bull(job.ref.queue, "delayed"), this.nowMs * 2, job.ref.id);
  }

  /** Parks for certain: asks, and does what the worker does after it. */
  async park(job: RigJob): Promise<"parked" | "released" | "gone"> {
    const answer = await this.ask(job);
    if (answer.kind !== "parked") throw new Error(`expected to be parked, not ${JSON.stringify(answer)}`);
    await this.moveToDelayed(job);
    return await this.gate.confirmPark(job.ref);
  }

  async stateOf(job: RigJob): Promise<string | null> {
    return await this.client.hget(this.key(`job:${jobDigest(job.ref)}`), "state");
  }

  /** One sweep; the turn of another worker's sweep is over. */
  async swept(): Promise<SweepReport> {
    await this.client.del(this.key("sweeping"));
    return await this.sweep.sweepOnce();
  }

  /** Today's credits: charged, uncertain, held ... */
  async credits(day = Math.floor(this.nowMs / 86_400_000)): Promise<Record<string, number>> {
    const fields = await this.client.hgetall(this.key(`credits:${day}`));
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Number(value)]));
  }

  /** Statuses of the outcomes on the results queue, by job id; throws when a job has two. */
  async results(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const id of await this.client.lrange(this.bull("results", "wait"), 0, -1)) {
      const [name, data] = await this.client.hmget(this.bull("results", id), "name", "data");
      const jobId = String((JSON.parse(data ?? "{}") as { jobId?: unknown }).jobId);
      if (found.has(jobId)) throw new Error(`job ${jobId} has two outcomes`);
      found.set(jobId, name ?? "");
    }
    return found;
  }

  async close(): Promise<void> {
    await this.sweep.stop();
    await this.engine.close();
    await this.client.quit();
    await this.redis.stop();
    this.#clock.stop();
  }

  /** An empty Redis and a new clock, for the next test; jobs and calls are counted anew. */
  async reset(startMs = START_MS): Promise<void> {
    await this.client.flushall();
    await this.#clock.start(startMs);
    this.#jobs = 0;
    this.#calls = 0;
  }
}

/** A rig on a Redis of its own, not yet opened. */
export async function startRig(changes: Partial<EngineConfig> = {}, more: ScriptOptions = {}): Promise<Rig> {
  const redis = await acquireRedis({ durable: false, fresh: true, args: ["--enable-debug-command", "local"] });
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  const config: EngineConfig = { keyId: testPrefix("rig"), ...CONFIG, ...changes };
  const secretsKey = testSecretsKey();
  const secrets = new Secrets(Buffer.from(secretsKey, "base64"));
  const engine = createEngine({ client, config, secrets, prices: TEST_PRICES, scriptOptions: { ...scriptOptions, ...more } });
  const sweep = new Sweep(engine, {
    worker: "rig",
    onSwept: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const rig = new Rig({ redis, client, engine, sweep, secretsKey });
  await rig.reset();
  return rig;
}
