/**
 * Requests that are allowed and large, at full size, against an api in a process of its own: memory stays bounded, its health is answered while they
 * are in work, and nobody takes what others need. Nothing here is timed: answers are counted, and what the api uses of memory and processor is compared
 * with what it used for a smaller or a plainer request of the same kind in the same run.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
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
  // A connection of its own: one that is kept may be closed by the api in the moment in which it is used again.
  const headers = { authorization, connection: "close", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
}

type Used = {
  /** How often the health was answered before the work was over. */
  answered: number;
  /** The most of the api's memory beyond what it had before, bytes. */
  peakBytes: number;
  /** The api's time on the processor, in ticks of the kernel: other processes do not count to it. */
  cpuTicks: number;
};

/** A request of a moment takes as much, whatever it is. */
const SLACK_TICKS = 50;

const HAS_PROC = existsSync("/proc/self/clear_refs");
const proc = (file: string) => `/proc/${api.pid}/${file}`;
const statusBytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(proc("status"), "utf8"))?.[1]) * 1024;
/** utime and stime, which follow the name in brackets. */
function ticks(): number {
  const fields = readFileSync(proc("stat"), "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** Does the work, and tells what the api used for it. Memory and processor are 0 on a system without /proc. */
async function used<T>(work: () => Promise<T>): Promise<Used & { result: T }> {
  // The peak is counted from here.
  if (HAS_PROC) writeFileSync(proc("clear_refs"), "5");
  const before = HAS_PROC ? { bytes: statusBytes("VmRSS"), cpu: ticks() } : { bytes: 0, cpu: 0 };
  let isOver = false;
  let answered = 0;
  const probe = (async () => {
    while (!isOver) if ((await ask("GET /healthz")).status === 200 && !isOver) answered += 1;
  })();
  try {
    const result = await work();
    const after = HAS_PROC ? { bytes: statusBytes("VmHWM"), cpu: ticks() } : before;
    return { result, answered, peakBytes: after.bytes - before.bytes, cpuTicks: after.cpu - before.cpu };
  } finally {
    isOver = true;
    await probe;
  }
}

const input = (file: string) => ({ linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi", media_file: file });
const FILE = `data:application/pdf;base64,${"A".repeat(7 * MIB)}`;

async function addCampaigns(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
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
}

/** Reads the whole list, page by page; answers how many campaigns it has. */
async function listCampaigns(): Promise<number> {
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
}

test("sixty campaigns that carry files are listed to three people at once, page by page, in the memory that six take", async () => {
  await ask("PUT /v1/accounts/ada", { body: JSON.stringify({ login_token: "token-of-ada-0123456789" }) });
  const toThree = () => Promise.all([listCampaigns(), listCampaigns(), listCampaigns()]);
  await addCampaigns(0, 6);
  // The first readers cost what every later one finds there.
  await toThree();
  const few = await used(toThree);
  expect(few.result).toEqual([6, 6, 6]);
  await addCampaigns(6, 60);
  const many = await used(toThree);
  expect(many.result).toEqual([60, 60, 60]);
  expect(many.answered).toBeGreaterThan(few.answered);
  // Three pages in work at a time, whatever the list's length: the fifty-four more are told in the same memory. A quarter of what one reader gets
  // of them is room for garbage; whoever held them all would hold four times that.
  expect(many.peakBytes - few.peakBytes).toBeLessThan((54 * FILE.length) / 4);
});

/** Shows three hundred messages of this text on the board to three people at once. */
async function showOnBoard(text: string) {
  const queues = new BoardQueues(client, KEY_ID);
  try {
    const jobs = Array.from({ length: 300 }, (_none, n) => ({
      name: "message.send",
      data: { accountId: "ada", input: { message_text: `${n} ${text}` } },
      opts: { priority: 10 },
    }));
    for (let from = 0; from < jobs.length; from += 25) await queues.of("messages").addBulk(jobs.slice(from, from + 25));
    const authorization = `Basic ${Buffer.from(`admin:${SECRETS.admin}`).toString("base64")}`;
    const page = "GET /board/api/queues?activeQueue=messages&status=prioritized&page=1&jobsPerPage=300";
    const { result, ...rest } = await used(() => Promise.all([1, 2, 3].map(() => ask(page, { authorization }))));
    for (const { status, text: shown } of result) {
      expect(status).toBe(200);
      const { queues: listed } = JSON.parse(shown) as { queues: { name: string; jobs: unknown[] }[] };
      expect(listed.find(({ name }) => name === "messages")?.jobs).toHaveLength(300);
    }
    await queues.of("messages").obliterate({ force: true });
    return rest;
  } finally {
    await queues.close();
  }
}

test("three hundred messages of what looks like tokens and is none cost the board at most twice as much as plain ones, and the health is answered", async () => {
  const plain = await showOnBoard("abc ".repeat(25_000));
  const like = await showOnBoard("eyJ-".repeat(25_000));
  expect(like.answered).toBeGreaterThan(5);
  expect(like.cpuTicks).toBeLessThan(2 * plain.cpuTicks + SLACK_TICKS);
  expect(like.peakBytes).toBeLessThan(3 * plain.peakBytes + 64 * MIB);
});

const JOB = { operation: "message.send", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" } };
/** Two hundred schedules put by these crons; they are twenty in the end. */
const putSchedules = (crons: readonly string[]) =>
  Array.from({ length: 200 }, (_none, n) =>
    ask(`PUT /v1/schedules/s-${n % 20}`, {
      body: JSON.stringify({ cron: crons[n % crons.length], timezone: n % 2 === 0 ? "America/Sao_Paulo" : "Europe/Paris", job: JOB }),
    }),
  );

test("hundreds of schedules whose days are rare or never come cost at most three times those of each working day, also beside bodies as large as may be", async () => {
  const rare = ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 29 2 1", "* * * * * *", "59 59 23 31 12 7", "0 0 1-31/30 2 *"];
  const daily = await used(() => Promise.all(putSchedules(["0 9 * * 1-5"])));
  expect(daily.result.every(({ status }) => status === 200)).toBe(true);
  const alone = await used(() => Promise.all(putSchedules(rare)));
  for (const { status, text } of alone.result) expect([200, 400], text.slice(0, 200)).toContain(status);
  expect(alone.result.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
  expect(alone.cpuTicks).toBeLessThan(3 * daily.cpuTicks + SLACK_TICKS);

  // A body that finds no room may also end with its connection, before all of it was sent.
  const ended = { status: 429, text: "its connection was ended" };
  const large = Array.from({ length: 12 }, (_none, n) => ({ as: n % 2 === 0 ? "busy" : "other" }) as const);
  const beside = await used(() =>
    Promise.all([
      ...putSchedules(rare),
      ...large.map(({ as }) =>
        ask("POST /v1/jobs?dryRun=1", { as, body: JSON.stringify({ ...JOB, input: input(FILE) }) }).catch(() => ended),
      ),
    ]),
  );
  for (const { status, text } of beside.result) expect([200, 400, 429], text.slice(0, 200)).toContain(status);
  expect(beside.answered).toBeGreaterThan(0);
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
