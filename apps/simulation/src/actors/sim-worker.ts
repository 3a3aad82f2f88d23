/**
 * A worker of a simulated world: the product's engine, gate, line, decision code, sweep and transport, put together as start-worker.ts does. BullMQ's
 * Worker is stood in for: its fetch, its stall check and the end of a job are BullMQ's own scripts, its main loop and its timers are the world's.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type SpendingQueue, TroubleTeller, type WorkerSettings } from "@linkup-queue/contracts";
import { createTransport, linkupV1 } from "@linkup-queue/linkup";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import {
  createEngine,
  type Engine,
  type FetchedJob,
  KeptEnds,
  type KeyState,
  type Processor,
  type Secrets,
  Sweep,
  WaitingLine,
} from "@linkup-queue/queue";
import { carryOut } from "@linkup-queue/queue/inside";
import { TEST_REDIS_CALL } from "@linkup-queue/testkit";
import { authProcessor, jobProcessor, type Metrics, StateWatch, type WorkerContext } from "@linkup-queue/worker";
import { type Job, UnrecoverableError, Worker } from "bullmq";
import { pino } from "pino";
import type { Network } from "../machine/network.ts";
import type { SimProcess } from "../machine/sim-process.ts";
import { inProcess } from "../machine/virtual-time.ts";
import type { Provider } from "./provider.ts";

export const QUEUES = ["messages", "network", "profiles", "auth"] as const satisfies readonly SpendingQueue[];
export type SimQueue = (typeof QUEUES)[number];

/** Jobs of one queue that one worker has in hand. */
const MOST_IN_HAND = 3;
/** Rarer than the product's own, for the sake of the schedules' number. */
const SWEEP_MS = 5_000;
const BEAT_MS = 8_000;

/** BullMQ's worker without its loop and its timers. */
class Hands extends Worker {
  async checkStalled(): Promise<void> {
    await this.backend.moveStalledJobsToWait();
  }
}

const nothing = () => undefined;
const METRICS = {
  waits: { inc: nothing },
  clockJumps: { inc: nothing },
  called: nothing,
  wasted: nothing,
  observe: nothing,
} as unknown as Metrics;
const LOG = pino({ level: "silent" });

export type SimWorkerParts = {
  process: SimProcess;
  network: Network;
  provider: Provider;
  settings: WorkerSettings;
  secrets: Secrets;
  dice: () => number;
  /** Whether it looks at how far the state has come, and keeps what it settled, as every worker does. Worlds in which the state is not lost go without, for the sake of their number. */
  watchesState: boolean;
  /** Whether it compares Redis's clock with its own. */
  watchesClock: boolean;
  /** A moment between two steps of a process's code at which the scheduler may strike. */
  point: () => Promise<void>;
  /** Hears of errors that are no job's. */
  onError: (error: unknown) => void;
};

export class SimWorker {
  readonly process: SimProcess;
  /** The locks that it holds and renews. */
  readonly tokens = new Set<string>();
  /** How many jobs it had in hand and has no more. */
  freed = 0;
  readonly engine: Engine;
  readonly #parts: SimWorkerParts;
  readonly #hands: Record<SimQueue, Hands>;
  readonly #processors: Record<SimQueue, Processor>;
  readonly #inHand: Record<SimQueue, number> = { messages: 0, network: 0, profiles: 0, auth: 0 };
  readonly #sweep: Sweep;
  readonly #state: StateWatch | null;
  /** It has come up; it may have died since. */
  isReady = false;
  #fetches = 0;

  constructor(parts: SimWorkerParts) {
    this.#parts = parts;
    const { process, network, provider, settings, secrets, dice, point, onError, watchesState, watchesClock } = parts;
    this.process = process;
    const client = network.connect(process);
    const keptEnds = watchesState ? new KeptEnds() : undefined;
    const kept = keptEnds === undefined ? {} : { keptEnds };
    this.engine = createEngine({
      client,
      config: settings,
      secrets,
      prices: V1_PRICES,
      scriptOptions: { redisCall: TEST_REDIS_CALL },
      ...kept,
      ...(watchesClock ? { onClockJump: nothing } : {}),
    });
    const { engine } = this;
    this.#state = keptEnds === undefined ? null : new StateWatch({ engine, notes: null, keptEnds, onError });
    const wire = provider.wire(process, { timeoutMs: settings.timeoutMs, point });
    const context: WorkerContext = {
      settings,
      engine,
      transport: createTransport(linkupV1(settings), settings, wire),
      line: new WaitingLine(engine.gate, { maxInFlight: 20, random: dice }),
      log: LOG,
      trouble: new TroubleTeller(LOG),
      metrics: METRICS,
      lose: onError,
      random: dice,
    };
    this.#sweep = new Sweep(engine, { worker: process.name, onSwept: nothing, onError, everyMs: SWEEP_MS });
    const call = jobProcessor(context);
    this.#processors = { messages: call, network: call, profiles: call, auth: authProcessor(context) };
    const hands = (queue: SimQueue) =>
      new Hands(queue, null, {
        connection: client,
        prefix: engine.scripts.tag,
        autorun: false,
        lockDuration: 600_000,
        maxStalledCount: 1_000_000,
      }).on("error", nothing);
    this.#hands = { messages: hands("messages"), network: hands("network"), profiles: hands("profiles"), auth: hands("auth") };
  }

  /** Starts as a worker's main does, and goes on until its process dies. */
  run(): void {
    void inProcess.run(this.process, async () => {
      const { engine, process } = this;
      const { settings, onError } = this.#parts;
      for (;;) {
        try {
          await this.#seen(() =>
            engine.keys.start({
              worker: process.name,
              apiKey: settings.apiKey,
              secrets: engine.secrets,
              fresh: true,
              keepsEnds: this.#state !== null,
            }),
          );
          break;
        } catch (error) {
          onError(error);
          await sleep(500);
        }
      }
      this.isReady = true;
      const beatOnce = async () => {
        const { shortage } = await engine.health.look();
        const beat = () =>
          engine.keys.beat(
            process.name,
            shortage,
            this.#state === null ? {} : { seen: engine.seen.value, settledIn: this.#state.settledIn },
          );
        while ((await this.#seen(beat)) !== null);
      };
      if (this.#state !== null || engine.clock !== null) await beatOnce().catch(onError);
      void this.#again(BEAT_MS, beatOnce);
      void this.#again(SWEEP_MS, () => this.#sweep.sweepOnce());
    });
  }

  /** Takes a step that reads the key as a worker does. Answers whether it settled anything again: null where there was no cause. */
  async #seen(step: () => Promise<KeyState>): Promise<number | null> {
    const askedMs = performance.now();
    const key = this.#state === null ? await step() : await this.#state.take(step);
    await this.engine.clock?.look({ askedMs, answeredMs: performance.now(), clockMs: key.clockMs });
    return this.#state === null ? null : await this.#state.settleAgain(key);
  }

  async #again(everyMs: number, work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      await sleep(everyMs);
      await work().catch(this.#parts.onError);
    }
  }

  /** Whether it would take a job of this queue. */
  isFree(queue: SimQueue): boolean {
    return this.isReady && this.process.isAlive && !this.process.isFrozen && this.#inHand[queue] < MOST_IN_HAND;
  }

  /** Fetches a job, where there is one, and brings it to where the processor says. */
  fetch(queue: SimQueue): void {
    this.#inHand[queue] += 1;
    const token = `${this.process.name}:${++this.#fetches}`;
    this.tokens.add(token);
    void inProcess.run(this.process, async () => {
      try {
        const job = (await this.#hands[queue].getNextJob(token, { block: false })) as Job | undefined;
        if (job !== undefined) await this.#work(queue, job, token);
      } catch (error) {
        // The job stays as it lies until its lock is over, as with BullMQ's own worker.
        this.#parts.onError(error);
      } finally {
        this.tokens.delete(token);
        this.#inHand[queue] -= 1;
        this.freed += 1;
      }
    });
  }

  async #work(queue: SimQueue, job: Job, token: string): Promise<void> {
    const { onError } = this.#parts;
    const ref = { queue, id: job.id ?? "", timestamp: job.timestamp };
    const fetched: FetchedJob = { ref, name: job.name, data: job.data as unknown, unread: null, priority: job.priority ?? 0 };
    const decision = await this.#processors[queue](fetched, { granted: nothing, lined: nothing }).catch((error: unknown) => {
      onError(error);
      return { kind: "snooze", afterMs: 5_000, reason: "trouble" } as const;
    });
    let value: unknown;
    try {
      value = await carryOut(decision, job, { token, ref, gate: this.engine.gate, onError });
    } catch (moved) {
      if (moved instanceof UnrecoverableError) await job.moveToFailed(moved, token, false);
      return;
    }
    await job.moveToCompleted(value, token, false);
  }

  /** BullMQ's stall check of one queue. */
  checkStalled(queue: SimQueue): void {
    void inProcess.run(this.process, () => this.#hands[queue].checkStalled().catch(this.#parts.onError));
  }
}
