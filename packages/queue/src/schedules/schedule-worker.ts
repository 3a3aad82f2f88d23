/** The BullMQ worker on the queue of ticks. It hands each tick on and makes no decision; BullMQ plans the next tick when it takes one. */
import { queuePrefix, SCHEDULES_QUEUE } from "@linkup-queue/contracts";
import { type Job, UnrecoverableError, type Worker } from "bullmq";
import { BoundedWorker } from "../redis/bounded-worker.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisClient } from "../redis/scripts.ts";
import type { Tick } from "./schedule-ticks.ts";
import { TICK_SETTINGS, TickData } from "./schedules.ts";

export type ScheduleWorkerOptions = {
  connection: RedisClient;
  config: EngineConfig;
  /** Does the tick. An error that it throws brings the tick again a second later. */
  take: (tick: Tick) => Promise<void>;
  onError: (error: unknown) => void;
};

const LOCK_MS = 10_000;
const STALLED_EVERY_MS = 5_000;
const AT_ONCE = 4;

export class ScheduleWorker {
  readonly #worker: Worker;
  #closing = false;

  constructor({ connection, config, take, onError }: ScheduleWorkerOptions) {
    this.#worker = new BoundedWorker(SCHEDULES_QUEUE, (job) => take(tickOf(job)), {
      connection,
      prefix: queuePrefix(config.keyId),
      autorun: false,
      concurrency: AT_ONCE,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      maxStalledCount: 1_000_000,
      settings: TICK_SETTINGS,
    });
    this.#worker.on("error", (error) => {
      if (!this.#closing) onError(error);
    });
    this.#worker.on("failed", (_job, error) => onError(error));
  }

  /** Begins to take ticks. Returns once the worker is connected. */
  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    void this.#worker
      .run()
      .catch((error: unknown) => this.#worker.emit("error", error instanceof Error ? error : new Error(String(error))));
  }

  /** Takes nothing new and waits for the ticks in hand. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#worker.close();
  }
}

/** The tick in a job of the queue. Its time stands in the id that BullMQ made: `repeat:<schedule>:<ms>`. */
function tickOf(job: Job): Tick {
  const [, scheduleId, tickMs] = /^repeat:([^:]+):(\d+)$/.exec(job.id ?? "") ?? [];
  const data = TickData.safeParse(job.data);
  if (scheduleId === undefined || tickMs === undefined || !data.success) {
    throw new UnrecoverableError("not a tick: schedules are made with PUT /v1/schedules/{id}");
  }
  return { scheduleId, revision: data.data.revision, tickMs: Number(tickMs) };
}
