/** Everything that the routes share, built once at the start: the engine, the settings, the log, and who is stopping. */
import type { Archive } from "@linkup-queue/archive";
import type { ApiSettings, TroubleTeller } from "@linkup-queue/contracts";
import type { Confirmed, Engine, EngineJobs, JobDoor } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { RedisWait } from "./redis-wait.ts";

/** The door for batches, over a connection of its own. */
export type BatchDoor = { door: JobDoor; confirmed: Confirmed };

export type ApiContext = {
  settings: ApiSettings;
  engine: Engine;
  /** Whatever a request asks of Redis is asked through it. */
  redis: RedisWait;
  /** The producers' side of the call queues. */
  jobs: EngineJobs & { batchDoor: BatchDoor };
  /** Where outcomes are read from that Redis keeps no longer; null for none. */
  archive: Archive | null;
  log: Logger;
  /** Tells what fails and is no caller's fault, its repeats once a minute. */
  trouble: TroubleTeller;
  limits: Limits;
  metrics: Metrics;
  /** Aborted when the process is asked to stop: long answers come to an end. */
  stopping: AbortSignal;
};
