/** What the routes share, built once at the start: the engine, the settings, the log, and who is stopping. */
import type { ApiSettings } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { Limits } from "./limits.ts";

export type ApiContext = {
  settings: ApiSettings;
  engine: Engine;
  log: Logger;
  limits: Limits;
  /** Aborted when the process is asked to stop: long answers come to an end. */
  stopping: AbortSignal;
};
