/** Everything that the routes share, built once at the start: the engine, the settings, the log, and who is stopping. */
import type { Archive } from "@linkup-queue/archive";
import type { ApiSettings, TroubleTeller } from "@linkup-queue/contracts";
import type { Confirmed, Engine, EngineJobs } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { EventPlaces } from "../live/event-places.ts";
import type { Everything } from "../live/everything.ts";
import type { LiveHub } from "../live/live-hub.ts";
import type { AuditNotes } from "./audit-notes.ts";
import type { BodyCapacity } from "./body-capacity.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { RedisWait } from "./redis-wait.ts";

/** The door for batches, over a connection of its own. */
export type BatchDoor = { door: EngineJobs["door"]; confirmed: Confirmed };

export type ApiContext = {
  settings: ApiSettings;
  /** Of this program. */
  version: string;
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
  /** Bytes of bodies that may be held, all requests together. */
  bodies: BodyCapacity;
  /** Who changed what. */
  audit: AuditNotes;
  /** All accounts and campaigns, as pages and followers read them. */
  everything: Everything;
  /** Changes, for those who follow them. */
  live: LiveHub;
  /** Places for their streams. */
  eventPlaces: EventPlaces;
  metrics: Metrics;
  /** Aborted when the process is asked to stop: long answers come to an end. */
  stopping: AbortSignal;
};
