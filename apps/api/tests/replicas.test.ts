/** LINKUP_REDIS_REPLICAS at the api: what it answers with success is in as many replicas; it refuses what is not, with a time to come back. */
import { acquireRedis, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { expect, onTestFinished, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

const JOB = { operation: "profile.scrape", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x" } };
const KEYED = { ...JOB, idempotencyKey: "k" };
const SPRING = {
  campaignId: "spring",
  name: "Spring",
  accountIds: ["ada"],
  operation: "message.send",
  input: { linkedin_url: "{{linkedin_url}}", message_text: "Hi" },
};
const WRITES = [
  ["producer", "POST /v1/jobs", KEYED],
  ["admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada" }],
  ["admin", "POST /v1/key/pause"],
  ["producer", "POST /v1/campaigns", SPRING],
] as const;

async function startOne(): Promise<TestApi> {
  const redis = await acquireRedis({ durable: false, fresh: true, args: ["--repl-diskless-sync-delay", "0"] });
  const api = await startTestApi({ redis, settings: { redisReplicas: 1 } });
  onTestFinished(async () => await api.close());
  return api;
}

async function startReplica({ redis, engine }: TestApi): Promise<TestRedis> {
  const replica = await acquireRedis({ durable: false, fresh: true, args: ["--replicaof", "127.0.0.1", String(redis.port)] });
  onTestFinished(async () => await replica.stop());
  const { client } = engine.scripts;
  await waitFor(async () => /state=online/.test(String(await client.call("INFO", "replication"))), { what: "the replica in step" });
  return replica;
}

async function sendLines({ api }: TestApi, path: string, lines: readonly unknown[]): Promise<{ status: number; lines: unknown[] }> {
  const response = await fetch(`${api.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.producer}`, "content-type": "application/x-ndjson" },
    body: lines.map((line) => JSON.stringify(line)).join("\n"),
  });
  const text = await response.text();
  return {
    status: response.status,
    lines: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  };
}

test("without the replica no write is answered with success, and reads are", async () => {
  const api = await startOne();
  for (const [role, line, body] of WRITES) {
    const answer = await api.call(role, line, body);
    expect(answer, line).toMatchObject({ status: 503, body: { error: { code: "redis_unsuitable" } } });
    expect(answer.headers.get("retry-after"), line).toMatch(/^[1-9]\d*$/);
    expect(JSON.stringify(answer.body)).toContain("0 of 1 replicas confirmed a write");
  }
  const batch = await sendLines(api, "/v1/jobs/batch", [JOB, KEYED]);
  expect(batch.lines.slice(0, 2)).toMatchObject([
    { line: 1, error: { code: "redis_unsuitable" } },
    { line: 2, error: { code: "redis_unsuitable" } },
  ]);
  expect(await api.call("viewer", "GET /v1/key")).toMatchObject({ status: 200, body: { state: "stopped" } });
});

test("a job that was refused for want of a replica is accepted once, when it is sent again under its key", async () => {
  const api = await startOne();
  expect(await api.call("producer", "POST /v1/jobs", KEYED)).toMatchObject({ status: 503 });
  await startReplica(api);
  expect(await api.call("producer", "POST /v1/jobs", KEYED)).toMatchObject({ status: 202, body: { duplicate: true } });
  for (const [role, line, body] of WRITES.slice(1)) expect((await api.call(role, line, body)).status, line).toBeLessThan(300);
  expect((await sendLines(api, "/v1/jobs/batch", [JOB, KEYED])).lines).toMatchObject([{ line: 1 }, { line: 2, duplicate: true }]);
  expect(await sendLines(api, "/v1/campaigns/spring/recipients", [{ linkedin_url: "https://www.linkedin.com/in/y" }])).toMatchObject({
    status: 200,
    lines: [{ accepted: 1 }],
  });
});
