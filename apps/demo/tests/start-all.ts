/** A whole system for the examples: Redis, sandbox, api and worker, and an account that is logged in. `stop` takes all of it away. */
import { join } from "node:path";
import { createClient } from "@linkup-queue/client";
import { queuePrefix } from "@linkup-queue/contracts";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import { acquireRedis, spawnProcess, testPrefix, testSecretsKey } from "@linkup-queue/testkit";

const APPS = join(import.meta.dirname, "../..");
export const SECRET = "operator-secret-0123456789";

export type Running = { sandbox: Sandbox; apiUrl: string; at: { redisUrl: string; prefix: string }; stop(): Promise<void> };

export async function startAll(): Promise<Running> {
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const redis = await acquireRedis({ durable: false, fresh: true });
    closing.push(() => redis.stop());
    const sandbox = await startSandbox();
    closing.push(() => sandbox.close());
    const keyId = testPrefix();
    const common = {
      REDIS_URL: redis.url,
      LINKUP_BASE_URL: sandbox.url,
      LINKUP_KEY_ID: keyId,
      LINKUP_SECRETS_KEY: testSecretsKey(),
      LINKUP_ALLOW_VOLATILE_REDIS: "1",
    };
    const worker = { LINKUP_API_KEY: "example", LINKUP_FRESH_KEY: "1", WORKER_HEALTH_PORT: "0" };
    const api = await spawnProcess({
      args: [join(APPS, "api/src/main.ts")],
      env: { ...common, API_PORT: "0", API_TOKENS: `operator:admin:${SECRET}` },
    });
    closing.push(() => api.kill("SIGTERM"));
    const started = await spawnProcess({ args: [join(APPS, "worker/src/main.ts")], env: { ...common, ...worker } });
    closing.push(() => started.kill("SIGTERM"));
    const apiUrl = String(api.ready["url"]);
    await createClient({ url: apiUrl, token: SECRET }).registerAccount({ id: "anna", login_token: "token-of-anna" });
    return { sandbox, apiUrl, at: { redisUrl: redis.url, prefix: queuePrefix(keyId) }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const inputFor = (person: string) => ({ linkedin_url: `https://www.linkedin.com/in/${person}`, message_text: `Hello ${person}` });
