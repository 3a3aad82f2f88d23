/** A worker, for its own main and for tests and benchmarks that run one in their process. */

export { StateWatch } from "./beside/state-watch.ts";
export { backoff, decide, type Plan, type Situation } from "./job/decide.ts";
export { jobProcessor } from "./job/process-job.ts";
export { authProcessor } from "./job/refresh-token.ts";
export type { WorkerContext } from "./process/context.ts";
export type { Metrics } from "./process/metrics.ts";
export { startWorker, type Worker, type WorkerOptions } from "./start-worker.ts";
