/** The three examples together, as three services would run them: one adds by HTTP, one by plain BullMQ, one takes the results. */
import { join } from "node:path";
import { type Outcome, queuePrefix } from "@linkup-queue/contracts";
import { startSandbox } from "@linkup-queue/sandbox";
import { acquireRedis, spawnProcess, testPrefix, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { addJobs } from "../src/examples/add-jobs.ts";
import { addJobsByHttp } from "../src/examples/add-jobs-by-http.ts";
import { consumeResults } from "../src/examples/consume-results.ts";

const APPS = join(import.meta.dirname, "../..");
const SECRET = "operator-secret-0123456789";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startAll() {
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
  return { sandbox, apiUrl: String(api.ready["url"]), at: { redisUrl: redis.url, prefix: queuePrefix(keyId) } };
}

const input = (person: string) => ({ linkedin_url: `https://www.linkedin.com/in/${person}`, message_text: `Hello ${person}` });

test("jobs added by HTTP and by plain BullMQ are sent once each, and every outcome is taken", async () => {
  const { sandbox, apiUrl, at } = await startAll();
  const outcomes: Outcome[] = [];
  const consumer = consumeResults((outcome) => void outcomes.push(outcome), { ...at, onError: () => undefined });
  closing.push(() => consumer.close());
  const registered = await fetch(`${apiUrl}/v1/accounts/anna`, {
    method: "PUT",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
    body: JSON.stringify({ login_token: "token-of-anna" }),
  });
  expect(registered.status).toBe(200);

  const byHttp = ["ada", "bob"].map((person) => ({
    operation: "message.send",
    accountId: "anna",
    input: input(person),
    idempotencyKey: person,
  }));
  const first = await addJobsByHttp(byHttp, { apiUrl, secret: SECRET });
  const again = await addJobsByHttp(byHttp, { apiUrl, secret: SECRET });
  expect(first.map(({ line, duplicate }) => [line, duplicate])).toEqual([
    [1, false],
    [2, false],
  ]);
  expect(again.map(({ jobId, duplicate }) => [jobId, duplicate])).toEqual(first.map(({ jobId }) => [jobId, true]));
  await addJobs([{ queue: "messages", operation: "message.send", jobId: "mine-1", data: { accountId: "anna", input: input("cleo") } }], at);

  await waitFor(() => outcomes.length, { what: "three outcomes", until: (seen) => seen >= 3 });
  expect(outcomes.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(new Set(outcomes.map(({ jobId }) => jobId))).toEqual(new Set([...first.map(({ jobId }) => jobId), "mine-1"]));
  const { effects, repeated } = sandbox.summary();
  expect([effects.done, repeated]).toEqual([3, 0]);
});
