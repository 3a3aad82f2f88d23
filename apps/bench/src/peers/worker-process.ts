/** Starts one worker process: ours as an operator starts it, ours without the `left` mark, or the plain BullMQ worker. */
import { join } from "node:path";
import { type SpawnedProcess, spawnProcess } from "@linkup-queue/testkit";
import type { Limit } from "../measure/rate-windows.ts";

/** The peers that have one queue for all calls. */
export const ONE_QUEUE_PEERS = ["by-hand", "p-throttle", "bottleneck"] as const;
export type OneQueuePeer = (typeof ONE_QUEUE_PEERS)[number];
export type Peer = "plain" | OneQueuePeer;

/** `unmarked` is ours without the mark that goes before the first byte: for measuring what the mark costs, never for work. */
export type WorkerKind = "ours" | "unmarked" | Peer;

/** The queue of the peers with one. */
export const CALLS_QUEUE = "calls";

export function isOurs(kind: WorkerKind): kind is "ours" | "unmarked" {
  return kind === "ours" || kind === "unmarked";
}

export type PlainOptions = {
  concurrency?: number;
  /** The limiter's `max` on each queue; the whole limit when left out. */
  limit?: number;
  /** Log in for each account, and again on every 403, as a worker does that knows nothing of token epochs. */
  logIn?: boolean;
};

export type WorkerProcessOptions = Limit & {
  kind: WorkerKind;
  redisUrl: string;
  baseUrl: string;
  keyId: string;
  secretsKey: string;
  env?: Readonly<Record<string, string>>;
  plain?: PlainOptions;
};

const APPS = join(import.meta.dirname, "../../..");
export const WORKER_MAIN = join(APPS, "worker/src/main.ts");
const MAINS: Record<WorkerKind, string> = {
  ours: WORKER_MAIN,
  unmarked: join(import.meta.dirname, "unmarked-worker-main.ts"),
  plain: join(import.meta.dirname, "plain-worker-main.ts"),
  "by-hand": join(import.meta.dirname, "by-hand-worker-main.ts"),
  "p-throttle": join(import.meta.dirname, "p-throttle-worker-main.ts"),
  bottleneck: join(import.meta.dirname, "bottleneck-worker-main.ts"),
};
/** The peer's default. */
const PLAIN_CONCURRENCY = 64;

/** Starts it and waits until it is ready. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<SpawnedProcess> {
  const { kind, redisUrl, baseUrl, keyId, limit, windowMs, secretsKey, plain } = options;
  const common = {
    REDIS_URL: redisUrl,
    LINKUP_KEY_ID: keyId,
    LINKUP_API_KEY: "bench-api-key",
    LINKUP_BASE_URL: baseUrl,
    LINKUP_RATE_LIMIT: String(plain?.limit ?? limit),
    LINKUP_RATE_WINDOW_MS: String(windowMs),
  };
  const own: Record<string, string> = !isOurs(kind)
    ? { PLAIN_CONCURRENCY: String(plain?.concurrency ?? PLAIN_CONCURRENCY), PLAIN_LOG_IN: plain?.logIn === true ? "1" : "0" }
    : { LINKUP_SECRETS_KEY: secretsKey, LINKUP_FRESH_KEY: "1", WORKER_HEALTH_PORT: "0", LINKUP_RESULTS_MAX: "10000000" };
  return await spawnProcess({ args: [MAINS[kind]], env: { ...common, ...own, ...options.env }, readyTimeoutMs: 60_000 });
}
