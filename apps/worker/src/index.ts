/** A worker, for its own main and for tests and benchmarks that run one in their process. */

export { backoff, decide, type Plan, type Situation } from "./decide.ts";
export { startWorker, type Worker, type WorkerOptions } from "./start-worker.ts";
