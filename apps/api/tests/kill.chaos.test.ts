/** The api as a process: it starts, drains, and is killed in mid-batch. Every line that was answered is in, and none twice. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { queuePrefix } from "@linkup-queue/contracts";
import { connectRedis, type RedisClient } from "@linkup-queue/queue";
import { acquireRedis, type SpawnedProcess, spawnProcess, type TestRedis, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const SECRET = "producer-secret-0123456789";
const LINES = 6_000;
const KILLS = 30;

let redis: TestRedis;
let client: RedisClient;
const keyId = testPrefix("kill");
const env = {
  LINKUP_SECRETS_KEY: testSecretsKey(),
  LINKUP_KEY_ID: keyId,
  API_PORT: "0",
  API_TOKENS: `batcher:producer:${SECRET}`,
};

beforeAll(async () => {
  redis = await acquireRedis({ durable: true, fresh: true });
  client = await connectRedis({ kind: "single", url: redis.url });
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

const start = (flags: readonly string[] = []) => spawnProcess({ args: [...flags, MAIN], env: { ...env, REDIS_URL: redis.url } });

const BODY = Array.from({ length: LINES }, (_none, index) => {
  const input = { linkedin_url: `https://www.linkedin.com/in/person-${index}`, message_text: `Hello ${index}` };
  return `${JSON.stringify({ operation: "message.send", accountId: `acc-${index % 7}`, input })}\n`;
}).join("");

/** Sends the whole batch; calls `seen` for each answered line as it comes. Settles when the answer ends, whichever way. */
async function sendAll(api: SpawnedProcess, seen: (line: number, jobId: string) => void): Promise<void> {
  const response = await fetch(`${String(api.ready["url"])}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/x-ndjson", "idempotency-key": "all" },
    body: BODY,
  });
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      const answer = JSON.parse(text) as { line: number; jobId: string };
      expect(answer).not.toHaveProperty("error");
      seen(answer.line, answer.jobId);
    }
  }
}

test("killed in mid-batch thirty times, every answered line is in, and none twice after sending all again", async () => {
  const answered = new Map<number, string>();
  const remember = (line: number, jobId: string) => {
    expect(answered.get(line) ?? jobId, "a line keeps its job").toBe(jobId);
    answered.set(line, jobId);
  };
  const inQueue = async () => new Set(await client.zrange(`${queuePrefix(keyId)}:messages:prioritized`, "0", "-1"));
  for (let kill = 0; kill < KILLS; kill++) {
    const api = await start();
    let killed: Promise<unknown> | null = null;
    let count = 0;
    await sendAll(api, (line, jobId) => {
      remember(line, jobId);
      count += 1;
      if (count > (LINES * (kill + 0.5)) / KILLS) killed ??= api.kill("SIGKILL");
    }).catch(() => undefined);
    expect(killed, "it was killed before the batch was over").not.toBeNull();
    await killed;
    const ids = await inQueue();
    for (const jobId of answered.values()) expect(ids.has(jobId)).toBe(true);
  }
  expect(answered.size).toBeGreaterThan(0);
  const api = await start();
  await sendAll(api, remember);
  expect(answered.size).toBe(LINES);
  expect(new Set(answered.values()).size).toBe(LINES);
  const ids = await inQueue();
  expect(ids.size).toBe(LINES);
  expect(await api.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(api.lines.every((line) => !("raw" in line))).toBe(true);
});

test("SIGTERM in mid-batch tells from which line on to send again, and the process ends by itself", async () => {
  const api = await start();
  let stop: Promise<unknown> | null = null;
  const texts: string[] = [];
  const response = await fetch(`${String(api.ready["url"])}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/x-ndjson" },
    body: new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from(BODY.slice(0, BODY.indexOf("\n") + 1))),
    }),
    duplex: "half",
  } as RequestInit);
  for await (const chunk of response.body ?? []) {
    texts.push(Buffer.from(chunk).toString("utf8"));
    stop ??= api.kill("SIGTERM");
  }
  const lines = texts.join("").trim().split("\n");
  const last = JSON.parse(lines.at(-1) ?? "{}") as { line: number; error?: { code: string } };
  expect(last).toMatchObject({ line: lines.length, error: { code: "interrupted" } });
  expect(await stop).toEqual({ code: 0, signal: null });
});

test("a batch of any length goes through at flat memory: a heap that could not hold it is enough", async () => {
  // Its code takes about 35 MB; 40,000 jobs take twice as much as is left.
  const api = await start(["--max-old-space-size=64"]);
  const lines = BODY.split("\n");
  let round = 0;
  const response = await fetch(`${String(api.ready["url"])}/v1/jobs/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/x-ndjson", accept: "application/json" },
    body: new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (round === 40) controller.close();
        else controller.enqueue(Buffer.from(`${lines.slice((round % 5) * 1_000, (round % 5) * 1_000 + 1_000).join("\n")}\n`));
        round += 1;
      },
    }),
    duplex: "half",
  } as RequestInit);
  expect(await response.json()).toMatchObject({ accepted: 40_000, duplicates: 0, rejectedCount: 0 });
  await api.kill("SIGTERM");
});

test("garbage, however much and however often, leaves memory flat", async () => {
  const api = await start(["--max-old-space-size=64"]);
  const url = String(api.ready["url"]);
  const garbage = new Uint8Array(10 * 1024 * 1024).fill(0x61);
  const post = async (path: string, type: string, body: Uint8Array<ArrayBuffer>) => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${SECRET}`, "content-type": type },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const round = async () => {
    expect((await post("/v1/jobs", "application/json", garbage)).status).toBe(413);
    // As long as a job may be, and no JSON: read as a whole before it is refused.
    expect((await post("/v1/jobs", "application/json", garbage.subarray(0, 8 * 1024 * 1024))).status).toBe(400);
    expect((await post("/v1/jobs/batch", "application/x-ndjson", garbage)).text).toContain("payload_too_large");
  };
  const residentMb = async () => {
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${SECRET}` } })).text();
    return Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]) / 1024 / 1024;
  };
  for (let count = 0; count < 10; count++) await round();
  const settledMb = await residentMb();
  for (let count = 0; count < 30; count++) await round();
  // Thirty rounds sent 840 MB.
  expect(await residentMb()).toBeLessThan(settledMb + 60);
  await api.kill("SIGTERM");
});

test("its ready line, its readiness and the key name the provider's host, of which nothing is asked", async () => {
  const asked: string[] = [];
  const provider = createServer((socket) => void asked.push(String(socket.remoteAddress))).listen(0, "127.0.0.1");
  await once(provider, "listening");
  const host = `127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const own = { ...env, LINKUP_FRESH_KEY: "1", LINKUP_BASE_URL: `http://${host}/`, REDIS_URL: redis.url };
  const api = await spawnProcess({ args: [MAIN], env: { ...own, API_TOKENS: "development:admin:development-admin" } });
  try {
    expect(api.ready["provider"]).toBe(host);
    const read = async (path: string) => {
      const response = await fetch(`${String(api.ready["url"])}${path}`, { headers: { authorization: "Bearer development-admin" } });
      return await response.json();
    };
    expect(await read("/readyz")).toMatchObject({ ready: true, provider: host });
    expect(await read("/v1/key")).toMatchObject({ state: "open", provider: host });
  } finally {
    await api.kill("SIGTERM");
    provider.close();
  }
  expect(asked).toEqual([]);
});

test("development values are refused beside LinkUp's own address, and by default it is that", async () => {
  const values = { LINKUP_FRESH_KEY: "1", API_TOKENS: "development:admin:development-admin" };
  for (const address of [{}, { LINKUP_BASE_URL: "https://api.linkupapi.com" }]) {
    const failed = spawnProcess({ args: [MAIN], env: { ...env, ...values, ...address, REDIS_URL: redis.url } });
    await expect(failed).rejects.toThrow(
      /2 problems.*LINKUP_FRESH_KEY: .*leads to api\.linkupapi\.com.*API_TOKENS: .*leads to api\.linkupapi\.com/s,
    );
  }
});

test("wrong settings are told all at once, and nothing starts", async () => {
  const failed = spawnProcess({ args: [MAIN], env: { API_TOKENS: "short:admin:x", LINKUP_KEY_IDD: "x" } });
  await expect(failed).rejects.toThrow(/API_TOKENS.*LINKUP_SECRETS_KEY|LINKUP_SECRETS_KEY.*API_TOKENS/s);
});
