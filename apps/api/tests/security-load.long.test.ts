/**
 * Requests that are allowed and large, at full size, against an api in a process of its own: memory stays bounded, its health is answered while they
 * are in work, and nobody takes what others need. Nothing here is timed: answers are counted.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { BoardQueues, connectRedis, type RedisClient } from "@linkup-queue/queue";
import { acquireRedis, freePort, type SpawnedProcess, spawnProcess, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSocket } from "./raw-http.ts";

const SECRETS = { admin: "admin-secret-0123456789", busy: "busy-secret-0123456789", other: "other-secret-0123456789" };
const KEY_ID = "load";
const MIB = 1024 * 1024;
let redis: TestRedis;
let client: RedisClient;
let api: SpawnedProcess;
let port: number;
beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
  client = await connectRedis({ kind: "single", url: redis.url });
  port = await freePort();
  api = await spawnProcess({
    args: [fileURLToPath(new URL("../src/main.ts", import.meta.url))],
    env: {
      REDIS_URL: redis.url,
      API_PORT: String(port),
      API_TOKENS: `admin:admin:${SECRETS.admin},busy:producer:${SECRETS.busy},other:producer:${SECRETS.other}`,
      LINKUP_KEY_ID: KEY_ID,
      LINKUP_BASE_URL: "http://127.0.0.1:4010",
      LINKUP_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"),
      LINKUP_ALLOW_VOLATILE_REDIS: "1",
    },
  });
});
afterAll(async () => {
  client.disconnect();
  await api.kill();
  await redis.stop();
});

type Asked = { as?: keyof typeof SECRETS; body?: string; authorization?: string };
async function ask(line: string, { as = "admin", body, authorization = `Bearer ${SECRETS[as]}` }: Asked = {}) {
  const [method = "", path = ""] = line.split(" ");
  const headers = { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
}

/** Does the work, and counts how often the health was answered before it was over. */
async function besideHealth<T>(work: () => Promise<T>): Promise<{ result: T; answered: number }> {
  let isOver = false;
  let answered = 0;
  const probe = (async () => {
    while (!isOver) if ((await ask("GET /healthz")).status === 200 && !isOver) answered += 1;
  })();
  try {
    return { result: await work(), answered };
  } finally {
    isOver = true;
    await probe;
  }
}

const input = (file: string) => ({ linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi", media_file: file });
const FILE = `data:application/pdf;base64,${"A".repeat(7 * MIB)}`;

test("sixty campaigns that carry files are listed to three people at once, page by page, in bounded memory", async () => {
  await ask("PUT /v1/accounts/ada", { body: JSON.stringify({ login_token: "token-of-ada-0123456789" }) });
  for (let n = 0; n < 60; n++) {
    const campaign = {
      campaignId: `c-${n}`,
      name: "With a file",
      operation: "message.send",
      accountIds: ["ada"],
      input: { ...input(FILE), linkedin_url: "{{linkedin_url}}" },
    };
    const { status, text } = await ask("POST /v1/campaigns", { body: JSON.stringify(campaign) });
    expect(status, text.slice(0, 300)).toBe(201);
  }
  const { result, answered } = await besideHealth(async () =>
    Promise.all(
      Array.from({ length: 3 }, async () => {
        const seen = new Set<string>();
        for (let cursor: string | null = ""; cursor !== null; ) {
          const { status, text } = await ask(`GET /v1/campaigns?limit=100${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
          expect(status, text.slice(0, 300)).toBe(200);
          expect(text.length).toBeLessThan(24 * MIB);
          const page = JSON.parse(text) as { items: { campaignId: string }[]; nextCursor?: string | null };
          for (const { campaignId } of page.items) seen.add(campaignId);
          cursor = page.nextCursor ?? null;
        }
        return seen.size;
      }),
    ),
  );
  expect(result).toEqual([60, 60, 60]);
  expect(answered).toBeGreaterThan(5);
  const about = `/proc/${api.pid}/status`;
  if (existsSync(about)) {
    const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(about, "utf8"))?.[1]);
    expect(peakKib / 1024).toBeLessThan(1_600);
  }
});

test("the board shows three hundred messages of what looks like tokens and is none, and the health is answered meanwhile", async () => {
  const queues = new BoardQueues(client, KEY_ID);
  try {
    const text = "eyJ-".repeat(25_000);
    const jobs = Array.from({ length: 300 }, (_none, n) => ({
      name: "message.send",
      data: { accountId: "ada", input: { message_text: `${n} ${text}` } },
      opts: { priority: 10 },
    }));
    for (let from = 0; from < jobs.length; from += 25) await queues.of("messages").addBulk(jobs.slice(from, from + 25));
    const authorization = `Basic ${Buffer.from(`admin:${SECRETS.admin}`).toString("base64")}`;
    const { result, answered } = await besideHealth(() =>
      Promise.all(
        [1, 2, 3].map(() => ask("GET /board/api/queues?activeQueue=messages&status=prioritized&page=1&jobsPerPage=300", { authorization })),
      ),
    );
    for (const { status, text: shown } of result) {
      expect(status).toBe(200);
      const { queues: listed } = JSON.parse(shown) as { queues: { name: string; jobs: unknown[] }[] };
      expect(listed.find(({ name }) => name === "messages")?.jobs).toHaveLength(300);
    }
    expect(answered).toBeGreaterThan(5);
    await queues.of("messages").obliterate({ force: true });
  } finally {
    await queues.close();
  }
});

test("hundreds of schedules whose days are rare or never come, beside bodies as large as may be, leave the health to be answered", async () => {
  const job = { operation: "message.send", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" } };
  const crons = ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 29 2 1", "* * * * * *", "59 59 23 31 12 7", "0 0 1-31/30 2 *", "0 9 * * 1-5"];
  const { result, answered } = await besideHealth(() =>
    Promise.all([
      ...Array.from({ length: 210 }, (_none, n) =>
        ask(`PUT /v1/schedules/s-${n % 20}`, {
          body: JSON.stringify({ cron: crons[n % crons.length], timezone: n % 2 === 0 ? "America/Sao_Paulo" : "Europe/Paris", job }),
        }),
      ),
      ...Array.from({ length: 12 }, (_none, n) =>
        ask("POST /v1/jobs?dryRun=1", { as: n % 2 === 0 ? "busy" : "other", body: JSON.stringify({ ...job, input: input(FILE) }) }),
      ),
    ]),
  );
  for (const { status, text } of result) expect([200, 400, 429], text.slice(0, 200)).toContain(status);
  expect(result.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
  expect(answered).toBeGreaterThan(5);
});

test("a producer that begins a hundred large bodies and ends none leaves others theirs", async () => {
  const sockets: Socket[] = [];
  let refused = 0;
  const begin = async () => {
    const socket = await openSocket(port);
    sockets.push(socket);
    socket.on("data", (chunk) => {
      if (String(chunk).includes(" 429 ")) refused += 1;
    });
    const headers = ["host: x", `authorization: Bearer ${SECRETS.busy}`, "content-type: application/json", `content-length: ${8 * MIB}`];
    socket.write(`POST /v1/jobs HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  };
  try {
    for (let n = 0; n < 100; n++) await begin();
    // Half of what bodies may take in all is sixteen of these.
    await waitFor(() => refused, { what: "all but sixteen to be refused", until: (count) => count >= 84 });
    expect(refused).toBeLessThan(97);
    const job = { operation: "message.send", accountId: "ada" };
    for (let n = 0; n < 5; n++) {
      const large = await ask("POST /v1/jobs?dryRun=1", { as: "other", body: JSON.stringify({ ...job, input: input(FILE) }) });
      expect(large.status, large.text.slice(0, 200)).toBe(200);
    }
    const own = await ask("POST /v1/jobs?dryRun=1", { as: "busy", body: JSON.stringify({ ...job, input: input(FILE) }) });
    expect(own.status).toBe(429);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
