/**
 * Our worker without the mark that goes before the first byte, to measure what the mark costs. Never for work: after a crash it would
 * send twice.
 */
import { parseWorkerSettings } from "@linkup-queue/contracts";
import { Gate } from "@linkup-queue/queue/inside";
import { startWorker } from "@linkup-queue/worker";
import { pino } from "pino";

Gate.prototype.markLeft = () => Promise.resolve(true);

const log = pino({ name: "unmarked-worker" });
await startWorker({ settings: parseWorkerSettings(process.env), log });
log.info("ready");
