/** Everything the demo runs on: Redis, the sandbox and a worker, each a real process, and a hand on the engine to register accounts. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { LinkupError, parseWorkerSettings, queuePrefix } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { checkRedis, connectRedis, createEngine, type Engine, type RedisClient, Secrets } from "@linkup-queue/queue";
import { acquireRedis, type SpawnedProcess, spawnProcess, type TestRedis, testSecretsKey } from "@linkup-queue/testkit";
import { inSeconds } from "./in-seconds.ts";
import type { DemoOptions } from "./read-options.ts";

export type Stage = {
  redisUrl: string;
  prefix: string;
  sandboxUrl: string;
  healthUrl: string | null;
  engine: Engine;
  worker: SpawnedProcess;
  /** Stops the worker, which finishes its calls, then the sandbox, then Redis; forgets what it wrote. */
  close(): Promise<void>;
};

const ROOT = join(import.meta.dirname, "../../..");
/** The sandbox takes any key. */
const API_KEY = "demo-key-that-opens-nothing";

/** Starts the stage. `tell` gets a line for people about each part. Throws LinkupError when a part can't be had; nothing is left then. */
export async function openStage(options: DemoOptions, tell: (line: string) => void): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const redis = await acquireRedis({ durable: true });
    closers.push(() => redis.stop());
    const client = await connectRedis({ kind: "single", url: redis.url });
    closers.push(async () => client.disconnect());
    const shortcomings = await shortcomingsOf(client);
    tell(`Redis     ${redis.origin}${shortcomings.length === 0 ? ", every write is on the disk before it is answered" : ""}`);
    for (const line of shortcomings) tell(`          ${line}`);

    const sandbox = await spawnProcess({ args: ["apps/sandbox/src/main.ts"], cwd: ROOT, env: { SANDBOX_PORT: "0" } });
    closers.push(() => sandbox.kill());
    const sandboxUrl = String(sandbox.ready["url"]);
    tell(`Sandbox   ${sandboxUrl} plays LinkUp: ${options.rateLimit} requests in any ${inSeconds(options.windowMs)}, and counts`);

    const env = workerEnvironment(options, { redis, sandboxUrl, allowVolatile: shortcomings.length > 0 });
    const settings = parseWorkerSettings(env);
    const engine = createEngine({
      client,
      config: settings,
      secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
      prices: V1_PRICES,
    });
    closers.push(async () => {
      await forgetKeys(client, engine);
      await engine.close();
    });
    const worker = await spawnProcess({ args: ["apps/worker/src/main.ts"], cwd: ROOT, env });
    closers.push(() => worker.kill());
    const healthPort = worker.ready["healthPort"];
    const healthUrl = typeof healthPort === "number" ? `http://127.0.0.1:${healthPort}` : null;
    tell(`Worker    process ${worker.pid}${healthUrl === null ? "" : `, ${healthUrl}/readyz`}`);
    return { redisUrl: redis.url, prefix: queuePrefix(settings.keyId), sandboxUrl, healthUrl, engine, worker, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function workerEnvironment(
  options: DemoOptions,
  { redis, sandboxUrl, allowVolatile }: { redis: TestRedis; sandboxUrl: string; allowVolatile: boolean },
): Record<string, string> {
  return {
    REDIS_URL: redis.url,
    LINKUP_BASE_URL: sandboxUrl,
    LINKUP_API_KEY: API_KEY,
    // A key id of its own, so that a Redis that others use keeps its queues apart.
    LINKUP_KEY_ID: `demo-${randomBytes(4).toString("hex")}`,
    LINKUP_SECRETS_KEY: testSecretsKey(),
    LINKUP_RATE_LIMIT: String(options.rateLimit),
    LINKUP_RATE_WINDOW_MS: String(options.windowMs),
    LINKUP_TIMEOUT_MS: "10000",
    // The sandbox is new: nobody used the key within the last window.
    LINKUP_FRESH_KEY: "1",
    ...(allowVolatile ? { LINKUP_ALLOW_VOLATILE_REDIS: "1" } : {}),
  };
}

/** Why a given Redis would be refused in production; the demo goes on and says so. */
async function shortcomingsOf(client: RedisClient): Promise<string[]> {
  try {
    await checkRedis(client, { allowVolatile: false, trustDurability: false });
    return [];
  } catch (error) {
    const { code, message } = LinkupError.from(error);
    if (code !== "redis_unsuitable") throw error;
    await checkRedis(client, { allowVolatile: true, trustDurability: false });
    return [...message.split("\n"), "Good enough for a demo: LINKUP_ALLOW_VOLATILE_REDIS=1"];
  }
}

/** Takes every key of this run away again: the Redis may be somebody else's. */
async function forgetKeys(client: RedisClient, engine: Engine): Promise<void> {
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "MATCH", `${engine.scripts.tag}:*`, "COUNT", 1_000);
    if (keys.length > 0) await client.unlink(keys);
    cursor = next;
  } while (cursor !== "0");
  await engine.keys.release(API_KEY);
}
