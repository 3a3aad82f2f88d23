/** The worker as a process of its own, with a test system's settings as its environment. */
import { fileURLToPath } from "node:url";
import { type LogLine, type SpawnedProcess, spawnProcess } from "@linkup-queue/testkit";
import type { System } from "./fixture.ts";

export const WORKER_MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export type Environment = Readonly<Record<string, string>>;

/** The settings of a test system as an operator would write them. */
export function workerEnvironment({ settings, redis, sandbox }: System): Record<string, string> {
  return {
    REDIS_URL: redis.url,
    LINKUP_API_KEY: settings.apiKey,
    LINKUP_BASE_URL: sandbox.url,
    LINKUP_KEY_ID: settings.keyId,
    LINKUP_SECRETS_KEY: Buffer.from(settings.secretsKey).toString("base64"),
    LINKUP_RATE_LIMIT: String(settings.rateLimit),
    LINKUP_RATE_WINDOW_MS: String(settings.rateWindowMs),
    LINKUP_TIMEOUT_MS: String(settings.timeoutMs),
    LINKUP_MAX_ATTEMPTS: String(settings.maxAttempts),
    LINKUP_LOOK_GAP_MS: String(settings.lookGapMs),
    LINKUP_BACKOFF_MS: String(settings.backoffMs),
    LINKUP_FRESH_KEY: "1",
    LINKUP_ALLOW_VOLATILE_REDIS: settings.allowVolatileRedis ? "1" : "0",
    ...(settings.stateDir === null ? {} : { LINKUP_STATE_DIR: settings.stateDir }),
    WORKER_HEALTH_PORT: "0",
    SHUTDOWN_GRACE_MS: String(settings.shutdownGraceMs),
  };
}

/** Starts a worker process on a system and waits until it is ready. */
export async function spawnWorker(system: System, changes: Environment = {}): Promise<SpawnedProcess> {
  return await spawnProcess({ args: [WORKER_MAIN], env: { ...workerEnvironment(system), ...changes } });
}

/** Runs a worker that is expected to refuse its start. Answers its last words and its exit code. */
export async function refusedStart(env: Environment): Promise<{ code: number | null; fatal: LogLine; lines: readonly LogLine[] }> {
  const worker = await spawnProcess({ args: [WORKER_MAIN], env, readyLine: ({ level, msg }) => level === 60 || msg === "ready" });
  if (worker.ready.level !== 60) await worker.kill("SIGKILL");
  const { code } = await worker.exited;
  return { code, fatal: worker.ready, lines: worker.lines };
}
