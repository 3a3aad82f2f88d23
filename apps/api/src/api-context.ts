/** What the routes share, built once at the start: the engine, the settings, the log, and who is stopping. */
import type { ApiSettings } from "@linkup-queue/contracts";
import type { Engine, JobCancels, JobDoor, JobPages, JobViews } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";

export type ApiContext = {
  settings: ApiSettings;
  engine: Engine;
  /** The producers' side of the call queues. */
  jobs: { door: JobDoor; batchDoor: JobDoor; views: JobViews; pages: JobPages; cancels: JobCancels };
  log: Logger;
  limits: Limits;
  metrics: Metrics;
  /** Aborted when the process is asked to stop: long answers come to an end. */
  stopping: AbortSignal;
};
