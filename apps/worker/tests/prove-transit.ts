/** Schedules of calls, stalls and frozen workers against the real scripts, and beside them the provider's own count at its worst. */
import { Way } from "@linkup-queue/linkup";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import {
  type CallHistory,
  connectRedis,
  createEngine,
  type Engine,
  endOf,
  type JobMeta,
  type RedisClient,
  Secrets,
  settlementOf,
} from "@linkup-queue/queue";
import { acquireRedis, START_MS, TEST_REDIS_CALL, TestClock, type TestRedis, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import fc from "fast-check";
import { expect } from "vitest";

const LIMIT = 16;
const WINDOW_MS = 6_000;
const TIMEOUT_MS = 8_000;
const TRANSIT_MS = 1_500;
const ACCOUNT = "ada";
/** Of a worker's beats and its ticks. */
const BEAT_MS = 5_000;
const TICK_MS = 50;

const NO_CALLS: CallHistory = { calls: 0, attempts: 0, deaths: 0, charged: 0, uncertain: 0, startedMs: null };

const ms = (most: number) => fc.integer({ min: 0, max: most });
const STEP = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      worker: fc.constantFrom(0, 0, 0, 0, 0, 1),
      /** From the mark to the first byte; from there to the acknowledgement, and to the look that sees it. */
      handedAfterMs: fc.oneof(fc.constant(0), ms(300)),
      acknowledgedAfterMs: ms(30),
      seenAfterMs: ms(60),
      answersAfterMs: fc.oneof(ms(300), ms(3_000), ms(3_000), ms(9_000)),
      /** Never: its worker dies with it, or nothing comes. */
      isAnswered: fc.integer({ min: 0, max: 11 }).map((one) => one > 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stall" as const), ms: fc.oneof(ms(TRANSIT_MS), ms(4 * TRANSIT_MS)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("freeze" as const), worker: fc.nat(1), ms: fc.oneof(ms(TRANSIT_MS), ms(4_000)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clock_stands" as const), ms: ms(1_000) }) },
  { weight: 40, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.oneof(ms(400), ms(400), ms(1_500)) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer S> ? S : never;
type Span = { fromMs: number; toMs: number };

type Call = {
  worker: Worker;
  callId: string;
  meta: JobMeta;
  ref: { queue: "messages"; id: string; timestamp: number };
  /** All by true time. */
  deadlineMs: number;
  acknowledgedMs: number;
  /** A look that its worker makes: when it is due, then when it was made. */
  seenMs: number;
  answersMs: number | null;
  isSeen: boolean;
  isOver: boolean;
  /** The latest moment at which its answer left the provider. */
  answeredMs: number | null;
};

type Worker = { way: Way; frozenUntilMs: number };

export type TransitRig = { redis: TestRedis; client: RedisClient; engine: Engine; clock: TestClock; close: () => Promise<void> };

export async function startTransitRig(): Promise<TransitRig> {
  const redis = await acquireRedis({ fresh: true });
  const client = await connectRedis({ kind: "single", url: redis.url });
  const config = {
    keyId: testPrefix("transit"),
    rateLimit: LIMIT,
    rateWindowMs: WINDOW_MS,
    timeoutMs: TIMEOUT_MS,
    transitMs: TRANSIT_MS,
    maxAttempts: 3,
    accountConcurrency: 1,
    accountPolicy: "none" as const,
    maxCreditsPerDay: null,
    ledgerDays: 30,
    outcomeDays: 1,
    resultsMax: 0,
    redisReplicas: 0,
  };
  const secrets = new Secrets(Buffer.from(testSecretsKey(), "base64"));
  const engine = createEngine({ client, config, secrets, prices: V1_PRICES, scriptOptions: { redisCall: TEST_REDIS_CALL } });
  const clock = new TestClock(client as ConstructorParameters<typeof TestClock>[0], engine.scripts.tag);
  return {
    redis,
    client,
    engine,
    clock,
    close: async () => {
      await engine.close();
      await client.quit();
      await redis.stop();
    },
  };
}

class Schedule {
  readonly #rig: TransitRig;
  readonly #workers: Worker[];
  readonly #calls: Call[] = [];
  readonly #stalls: Span[] = [];
  /** True time; Redis's clock lags behind it by `#lagMs`. */
  #timeMs = START_MS;
  #lagMs = 0;
  #lastBeatMs = START_MS;
  #made = 0;
  early = 0;

  constructor(rig: TransitRig) {
    this.#rig = rig;
    this.#workers = [0, 1].map(() => ({ way: new Way({ transitMs: TRANSIT_MS, timeoutMs: TIMEOUT_MS }), frozenUntilMs: 0 }));
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "send":
        return await this.#send(step);
      case "stall":
        this.#stall(step.ms);
        return;
      case "freeze": {
        const worker = this.#worker(step.worker);
        worker.frozenUntilMs = Math.max(worker.frozenUntilMs, this.#timeMs + step.ms);
        return;
      }
      case "clock_stands":
        this.#lagMs += step.ms;
        return await this.#advance(step.ms);
      case "advance":
        return await this.#advance(step.ms);
    }
  }

  #worker(nth: number): Worker {
    return this.#workers[nth % this.#workers.length] as Worker;
  }

  #stall(lengthMs: number): void {
    const last = this.#stalls.at(-1);
    const toMs = this.#timeMs + lengthMs;
    // A stall that follows another at once is one with it: no answer came between.
    if (last !== undefined && last.toMs >= this.#timeMs - 1) last.toMs = Math.max(last.toMs, toMs);
    else this.#stalls.push({ fromMs: this.#timeMs, toMs });
  }

  /** Nothing passes the way in a stall. */
  #afterStall(atMs: number): number {
    const stall = this.#stalls.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
    return stall === undefined ? atMs : stall.toMs;
  }

  async #send(step: Extract<Step, { kind: "send" }>): Promise<void> {
    const worker = this.#worker(step.worker);
    if (worker.frozenUntilMs > this.#timeMs) return;
    const { gate } = this.#rig.engine;
    await this.#setClock();
    this.#made += 1;
    const id = `job-${this.#made}`;
    const ref = { queue: "messages" as const, id, timestamp: this.#timeMs };
    const names = { operation: "message.send", accountId: ACCOUNT, campaignId: null, recipientId: null, redriveOf: null };
    const meta: JobMeta = { ...names, enqueuedAtMs: ref.timestamp };
    const callId = `call-${this.#made}`;
    // Urgent, so that neither the pace nor the place that is kept for urgent work comes before the bound.
    const request = {
      callId,
      ref,
      accountId: ACCOUNT,
      priority: 1,
      urgent: true,
      price: 1,
      target: id,
      scopes: [],
      expiresAtMs: null,
      meta,
    };
    if ((await gate.ask(request)).kind !== "granted") return;
    if (!(await gate.markLeft(ref, callId))) return;
    const acknowledgedMs = this.#timeMs + step.handedAfterMs + step.acknowledgedAfterMs;
    this.#calls.push({
      worker,
      callId,
      meta,
      ref,
      deadlineMs: this.#timeMs + TIMEOUT_MS,
      acknowledgedMs,
      seenMs: acknowledgedMs + step.seenAfterMs,
      answersMs: step.isAnswered ? acknowledgedMs + step.answersAfterMs : null,
      isSeen: false,
      isOver: false,
      answeredMs: null,
    });
    this.#checkWindow();
  }

  /** Time goes on, event after event; a frozen worker does all that was due when it wakes. */
  async #advance(byMs: number): Promise<void> {
    const toMs = this.#timeMs + byMs;
    while (this.#timeMs < toMs) {
      await this.#goTo(Math.min(toMs, this.#timeMs + TICK_MS));
      for (const worker of this.#workers) if (worker.frozenUntilMs <= this.#timeMs) await this.#run(worker);
    }
  }

  async #goTo(timeMs: number): Promise<void> {
    this.#timeMs = timeMs;
    if (timeMs - this.#lastBeatMs < BEAT_MS) return;
    this.#lastBeatMs = timeMs;
    await this.#setClock();
    await this.#rig.engine.keys.beat("transit");
  }

  async #setClock(): Promise<void> {
    await this.#rig.clock.set(this.#timeMs - this.#lagMs);
  }

  async #run(worker: Worker): Promise<void> {
    worker.way.tick(this.#timeMs);
    for (const call of this.#calls.filter((one) => one.worker === worker && !one.isOver)) {
      if (!call.isSeen && this.#timeMs >= call.seenMs) {
        call.isSeen = true;
        call.seenMs = this.#timeMs;
      }
      if (call.answersMs !== null) {
        // The answer of a request that a stall held comes later by as much, and not in a stall.
        const answersMs = this.#afterStall(Math.max(call.answersMs, this.#afterStall(call.acknowledgedMs)));
        call.answersMs = answersMs;
        if (answersMs < Math.min(call.deadlineMs, this.#timeMs + 1)) await this.#answer(call, answersMs);
      }
      // Its worker resets the connection.
      if (this.#timeMs >= call.deadlineMs) call.isOver = true;
    }
  }

  async #answer(call: Call, answersMs: number): Promise<void> {
    const { way } = call.worker;
    const { engine } = this.#rig;
    await this.#setClock();
    way.heard(this.#timeMs);
    const countedMs = call.isSeen ? way.countedBy(call.seenMs) : this.#timeMs;
    if (countedMs < this.#timeMs) this.early += 1;
    const { end } = endOf(call.ref, call.meta, {
      ending: { status: "succeeded", code: null, message: "", httpStatus: 200, output: null },
      history: NO_CALLS,
    });
    await engine.gate.settle(
      settlementOf(call.ref, call.meta, {
        call: {
          callId: call.callId,
          left: true,
          httpStatus: 200,
          charge: "yes",
          price: 1,
          ...(countedMs < this.#timeMs ? { countedAgoMs: () => this.#timeMs - countedMs } : {}),
        },
        next: { kind: "end", ...end },
      }),
    );
    call.answeredMs = answersMs;
    call.isOver = true;
  }

  /** The latest moment at which the provider may have counted it. */
  #latest({ acknowledgedMs, answeredMs, deadlineMs }: Call): number {
    let latestMs = acknowledgedMs + TRANSIT_MS;
    for (const { fromMs, toMs } of this.#stalls) {
      const isLong = toMs - fromMs > TRANSIT_MS;
      if (isLong && toMs > acknowledgedMs && fromMs < latestMs) latestMs = Math.max(latestMs, toMs + TRANSIT_MS);
    }
    return Math.min(latestMs, answeredMs ?? deadlineMs);
  }

  /** This call arrives at once, all before it as late as they may. */
  #checkWindow(): void {
    const inWindow = this.#calls.filter((call) => this.#latest(call) > this.#timeMs - WINDOW_MS);
    expect(inWindow.length, `at ${this.#timeMs - START_MS} ms`).toBeLessThanOrEqual(LIMIT);
  }
}

/** Runs so many random schedules, each on an empty Redis; fails with the one that broke the limit. Of all slots some must have come free before the answer was a window old. */
export async function proveTransit(rig: TransitRig, schedules: number): Promise<void> {
  let early = 0;
  const run = async (steps: readonly Step[]) => {
    await rig.client.flushall();
    await rig.clock.start(START_MS);
    const { engine } = rig;
    await engine.keys.start({ worker: "transit", apiKey: "transit-api-key", secrets: engine.secrets, fresh: true });
    await rig.client.hdel(engine.scripts.key("key"), "unproven");
    await engine.accounts.register(ACCOUNT, { loginToken: "token-of-ada", maxInFlight: 100 });
    const schedule = new Schedule(rig);
    for (const step of steps) await schedule.take(step);
    early += schedule.early;
  };
  const property = fc.asyncProperty(fc.array(STEP, { minLength: 100, maxLength: 250, size: "max" }), run);
  await fc.assert(property, { numRuns: schedules, endOnFailure: true });
  expect(early).toBeGreaterThan(schedules / 3);
}
