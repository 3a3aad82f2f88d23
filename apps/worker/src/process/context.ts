/** Everything that the worker's parts share, built once by the main: the engine, the transport, the line, the log. */
import type { LinkupError, TroubleTeller, WorkerSettings } from "@linkup-queue/contracts";
import type { Transport } from "@linkup-queue/linkup";
import type { Engine, WaitingLine } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { Metrics } from "./metrics.ts";

export type WorkerContext = {
  settings: WorkerSettings;
  engine: Engine;
  transport: Transport;
  line: WaitingLine;
  log: Logger;
  /** Tells what fails and is no job's fault, its repeats once a minute. */
  trouble: TroubleTeller;
  metrics: Metrics;
  /** Stops this worker, which can't go on by itself. */
  lose: (reason: LinkupError) => void;
  /** Dice in [0, 1). */
  random: () => number;
};
