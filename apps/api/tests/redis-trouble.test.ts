/** The api while its Redis is full, takes no writes, or is away: told as such, with a time to come back, and never as a defect. */
import { waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

const JOB = { operation: "profile.scrape", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x" } };

async function startOne(): Promise<TestApi> {
  const api = await startTestApi({ fresh: true, limits: { redisMs: 1_000 } });
  onTestFinished(async () => await api.close());
  return api;
}

async function config(api: TestApi, name: string, value: string): Promise<void> {
  await api.engine.scripts.client.call("config", "set", name, value);
}

async function batch(api: TestApi): Promise<unknown[]> {
  const response = await fetch(`${api.api.url}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": "application/x-ndjson" },
    body: [JOB, { ...JOB, idempotencyKey: "k" }].map((job) => JSON.stringify(job)).join("\n"),
  });
  return (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

async function expectRefusals(api: TestApi, code: string, readyz: string): Promise<void> {
  const requests = [
    ["producer", "POST /v1/jobs", JOB],
    ["producer", "POST /v1/jobs", { ...JOB, idempotencyKey: "k" }],
    ["admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada" }],
    ["admin", "POST /v1/key/pause"],
  ] as const;
  // All at once: each waits for a Redis that is away as long as it may.
  const [answers, lines, ready, metrics] = await Promise.all([
    Promise.all(requests.map(([role, line, body]) => api.call(role, line, body))),
    batch(api),
    api.call(null, "GET /readyz"),
    api.call("viewer", "GET /metrics"),
  ]);
  for (const [at, [, line]] of requests.entries()) {
    const answer = answers[at] ?? expect.fail(`no answer to ${line}`);
    expect(answer, line).toMatchObject({ status: 503, body: { error: { code } } });
    expect(answer.headers.get("retry-after"), line).toMatch(/^[1-9]\d*$/);
    expect(JSON.stringify(answer.body)).not.toContain("defect");
  }
  for (const answer of lines) expect(answer).toMatchObject({ error: { code } });
  expect(ready).toMatchObject({ status: 503, body: { ready: false, redis: readyz } });
  expect((await api.call(null, "GET /healthz")).status).toBe(200);
  expect(metrics.body).toMatch(/^linkup_redis_up 0$/m);
}

test("several who ask for metrics at the same time are all told the same", async () => {
  const api = await startOne();
  const answers = await Promise.all([1, 2, 3].map(() => api.call("viewer", "GET /metrics")));
  for (const { body } of answers) {
    expect(body).toMatch(/^linkup_redis_up 1$/m);
    expect(body).toMatch(/^linkup_queue_oldest_job_seconds\{queue="messages"\} 0$/m);
  }
});

test("a Redis that is full is 503 with a time to come back, for jobs, batch lines and all else that writes", async () => {
  const api = await startOne();
  await config(api, "maxmemory", "1mb");
  await expectRefusals(api, "redis_unsuitable", "refuses");
  await config(api, "maxmemory", "0");
  expect(await api.call("producer", "POST /v1/jobs", { ...JOB, idempotencyKey: "k" })).toMatchObject({
    status: 202,
    body: { duplicate: false },
  });
  expect((await api.call(null, "GET /readyz")).status).toBe(200);
});

test("a Redis with too few replicas is 503, and so is one that became a replica in a failover", async () => {
  const api = await startOne();
  await config(api, "min-replicas-to-write", "1");
  await expectRefusals(api, "redis_unsuitable", "refuses");
  await config(api, "min-replicas-to-write", "0");
  await api.engine.scripts.client.call("replicaof", "127.0.0.1", "1");
  const answer = await api.call("producer", "POST /v1/jobs", JOB);
  expect(answer).toMatchObject({
    status: 503,
    body: { error: { code: "redis_unreachable", message: expect.stringContaining("failover") } },
  });
  expect((await api.call(null, "GET /readyz")).body).toMatchObject({ redis: "refuses" });
  await api.engine.scripts.client.call("replicaof", "no", "one");
  expect((await api.call("producer", "POST /v1/jobs", JOB)).status).toBe(202);
});

test("a Redis that is away is 503 within the bound, and the api goes on when it is back", async () => {
  const api = await startOne();
  await api.redis.kill();
  expect((await api.call(null, "GET /readyz")).status).toBe(503);
  await expectRefusals(api, "redis_unreachable", "away");
  await api.redis.restart();
  const ready = async () => (await api.call(null, "GET /readyz")).status === 200;
  await waitFor(ready, { what: "the api to have found its Redis again" });
  // A refused request was not done later.
  expect((await api.call("viewer", "GET /v1/jobs")).body).toMatchObject({ items: [] });
  expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({ state: "open" });
  expect((await api.call("producer", "POST /v1/jobs", JOB)).status).toBe(202);
});

test("while Redis is away each trouble is told once with its cause, and its repeats are a number, however many ask", async () => {
  const api = await startOne();
  await api.redis.kill();
  const basic = { authorization: `Basic ${Buffer.from(`the-viewer:${SECRETS.viewer}`).toString("base64")}` };
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await api.call("viewer", "GET /v1/jobs");
        await api.call(null, "GET /readyz");
        await fetch(`${api.api.url}/board/api/queues`, { headers: basic }).then((response) => response.text());
      }),
    );
  }
  await api.redis.restart();
  const isBack = () => api.logged().includes("Redis answers again: work goes on");
  await waitFor(isBack, { what: "the line of its return", until: (told) => told });
  await api.api.close();
  const lines = api
    .logged()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { msg: string; err?: { stack?: string }; trouble?: string; repeats?: number });
  const withCause = lines.filter(({ err }) => err !== undefined).map(({ msg }) => msg);
  expect(withCause.length).toBeGreaterThan(0);
  expect(withCause).toEqual([...new Set(withCause)]);
  expect(lines.filter(({ msg }) => msg === "not ready").length).toBe(1);
  expect(lines.filter(({ msg }) => msg.startsWith("Redis answers again")).length).toBe(1);
  // Each request has its own line besides.
  expect(lines.filter(({ msg }) => msg === "failed").length).toBe(300);
  const repeats = lines.reduce((sum, line) => sum + (line.repeats ?? 0), 0);
  expect(repeats).toBe(300 - withCause.length - 1);
});
